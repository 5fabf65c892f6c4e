package system

import (
	"testing"

	ftypes "github.com/aquasecurity/trivy/pkg/fanal/types"
	"github.com/google/go-cmp/cmp"
)

func TestRelease(t *testing.T) {
	tests := []struct {
		name, path, content string
		want                ftypes.OS // the zero value: the file is of another kind
		err                 string
	}{
		{name: "alpine", path: "etc/os-release", content: "NAME=\"Alpine Linux\"\nID=alpine\nVERSION_ID=3.22.1\n", want: ftypes.OS{Family: "alpine", Name: "3.22.1"}},
		{name: "alpine's own", path: "etc/alpine-release", content: "3.23.0_alpha20250612\n", want: ftypes.OS{Family: "alpine", Name: "3.23.0_alpha20250612"}},
		{name: "wolfi", path: "etc/os-release", content: "ID=wolfi\nNAME=\"Wolfi\"\nVERSION_ID=\"20230201\"\n", want: ftypes.OS{Family: "wolfi", Name: "20230201"}},
		{name: "chainguard", path: "usr/lib/os-release", content: "ID=chainguard\nVERSION_ID=20230214", want: ftypes.OS{Family: "chainguard", Name: "20230214"}},
		{name: "minimos", path: "etc/os-release", content: "ID=minimos\nVERSION_ID=20241031\n", want: ftypes.OS{Family: "minimos", Name: "20241031"}},
		{name: "echo", path: "etc/os-release", content: "VERSION_ID=\"1\"\nID=echo\n", want: ftypes.OS{Family: "echo", Name: "1"}},
		{name: "bottlerocket", path: "x86_64-bottlerocket-linux-gnu/sys-root/usr/lib/os-release", content: "ID=bottlerocket\nVERSION_ID=1.34.0\n", want: ftypes.OS{Family: "bottlerocket", Name: "1.34.0"}},
		{name: "photon", path: "etc/os-release", content: "ID=photon\r\nVERSION_ID=5.0\r\n", want: ftypes.OS{Family: "photon", Name: "5.0"}},
		{name: "mariner", path: "etc/os-release", content: "ID=mariner\nVERSION_ID='2.0'\n", want: ftypes.OS{Family: "cbl-mariner", Name: "2.0"}},
		{name: "azure linux", path: "etc/os-release", content: "ID=azurelinux\nVERSION_ID=\"3.0\"\n", want: ftypes.OS{Family: "azurelinux", Name: "3.0"}},
		{name: "sles", path: "etc/os-release", content: "ID=\"sles\"\nVERSION_ID=\"15.6\"\n", want: ftypes.OS{Family: "sles", Name: "15.6"}},
		{name: "sle micro", path: "etc/os-release", content: "ID=\"sle-micro\"\nVERSION_ID=\"5.5\"\n", want: ftypes.OS{Family: "slem", Name: "5.5"}},
		{name: "sl micro", path: "etc/os-release", content: "ID=\"sl-micro\"\nVERSION_ID=\"6.0\"\n", want: ftypes.OS{Family: "slem", Name: "6.0"}},
		{name: "sle micro for rancher", path: "etc/os-release", content: "ID=\"sle-micro-rancher\"\nVERSION_ID=\"5.4\"\n", want: ftypes.OS{Family: "slem", Name: "5.4"}},
		{name: "leap", path: "etc/os-release", content: "ID=\"opensuse-leap\"\nVERSION_ID=\"15.6\"\n", want: ftypes.OS{Family: "opensuse-leap", Name: "15.6"}},
		{name: "leap 42", path: "etc/os-release", content: "ID=opensuse\nVERSION_ID=\"42.3\"\n", want: ftypes.OS{Family: "opensuse-leap", Name: "42.3"}},
		{name: "tumbleweed", path: "etc/os-release", content: "ID=\"opensuse-tumbleweed\"\n# VERSION=\"20250101\"\nVERSION_ID=\"20250101\"\n", want: ftypes.OS{Family: "opensuse-tumbleweed", Name: "20250101"}},
		{name: "os-release of debian", path: "etc/os-release", content: "ID=debian\nVERSION_ID=\"12\"\n"},
		{name: "os-release of amazon", path: "etc/os-release", content: "ID=\"amzn\"\nVERSION_ID=\"2023\"\n"},
		{name: "os-release without a version", path: "etc/os-release", content: "ID=wolfi\nVERSION_ID=\n"},

		{name: "debian", path: "etc/debian_version", content: "12.11\n", want: ftypes.OS{Family: "debian", Name: "12.11"}},
		{name: "debian testing", path: "etc/debian_version", content: "forky/sid\n", want: ftypes.OS{Family: "debian", Name: "forky/sid"}},
		{name: "empty", path: "etc/debian_version"},
		{name: "ubuntu", path: "etc/lsb-release", content: "DISTRIB_ID=Ubuntu\nDISTRIB_RELEASE=24.04\nDISTRIB_CODENAME=noble\n", want: ftypes.OS{Family: "ubuntu", Name: "24.04"}},
		{name: "lsb of another", path: "etc/lsb-release", content: "DISTRIB_ID=\"VMware Photon OS\"\nDISTRIB_RELEASE=\"5.0\"\n"},
		{name: "esm", path: esmStatus, content: `{"services": [{"name": "esm-apps", "status": "n/a"}, {"name": "esm-infra", "status": "enabled"}]}`, want: ftypes.OS{Family: "ubuntu", Extended: true}},
		{name: "no esm", path: esmStatus, content: `{"services": [{"name": "esm-infra", "status": "disabled"}, {"name": "esm-apps", "status": "enabled"}]}`},
		{name: "esm damaged", path: esmStatus, content: `{"services": [`, err: "it is not the status of Ubuntu Pro in JSON, so whether there is extended maintenance is unknown"},

		{name: "amazon 1", path: "etc/system-release", content: "Amazon Linux AMI release 2018.03\n", want: ftypes.OS{Family: "amazon", Name: "AMI release 2018.03"}},
		{name: "amazon 2", path: "etc/system-release", content: "Amazon Linux release 2 (Karoo)\n", want: ftypes.OS{Family: "amazon", Name: "2 (Karoo)"}},
		{name: "amazon 2023", path: "usr/lib/system-release", content: "Amazon Linux release 2023.6.20250107 (Amazon Linux)\n", want: ftypes.OS{Family: "amazon", Name: "2023.6.20250107 (Amazon Linux)"}},
		{name: "system-release of another", path: "etc/system-release", content: "Fedora release 42 (Forty Two)\n"},
		{name: "amazon without a version", path: "etc/system-release", content: "Amazon Linux release 2\n"},

		{name: "alma", path: "etc/almalinux-release", content: "AlmaLinux release 9.4 (Seafoam Ocelot)\n", want: ftypes.OS{Family: "alma", Name: "9.4"}},
		{name: "centos", path: "etc/centos-release", content: "CentOS Linux release 7.9.2009 (Core)\n", want: ftypes.OS{Family: "centos", Name: "7.9.2009"}},
		{name: "centos 6", path: "etc/centos-release", content: "CentOS release 6.10 (Final)\n", want: ftypes.OS{Family: "centos", Name: "6.10"}},
		{name: "centos stream", path: "etc/centos-release", content: "CentOS Stream release 9\n"},
		{name: "fedora", path: "usr/lib/fedora-release", content: "Fedora release 42 (Forty Two)\n", want: ftypes.OS{Family: "fedora", Name: "42"}},
		{name: "oracle", path: "etc/oracle-release", content: "Oracle Linux Server release 9.4\n", want: ftypes.OS{Family: "oracle", Name: "9.4"}},
		{name: "rocky", path: "etc/rocky-release", content: "Rocky Linux release 9.4 (Blue Onyx)\n", want: ftypes.OS{Family: "rocky", Name: "9.4"}},
		{name: "rhel", path: "etc/redhat-release", content: "Red Hat Enterprise Linux release 9.4 (Plow)\n", want: ftypes.OS{Family: "redhat", Name: "9.4"}},
		{name: "rhel 7", path: "etc/redhat-release", content: "Red Hat Enterprise Linux Server release 7.9 (Maipo)\n", want: ftypes.OS{Family: "redhat", Name: "7.9"}},
		{name: "stream as rhel", path: "etc/redhat-release", content: "CentOS Stream release 9\n", want: ftypes.OS{Family: "redhat", Name: "9"}},
		{name: "alma as rhel", path: "etc/redhat-release", content: "AlmaLinux release 9.4 (Seafoam Ocelot)\n", want: ftypes.OS{Family: "alma", Name: "9.4"}},
		{name: "rocky as rhel", path: "etc/redhat-release", content: "Rocky Linux release 9.4 (Blue Onyx)\n", want: ftypes.OS{Family: "rocky", Name: "9.4"}},
		{name: "oracle as rhel", path: "etc/redhat-release", content: "Oracle Linux Server release 5.11\n", want: ftypes.OS{Family: "oracle", Name: "5.11"}},
		{name: "fedora as rhel", path: "etc/redhat-release", content: "Fedora release 42 (Forty Two)\n", want: ftypes.OS{Family: "fedora", Name: "42"}},
		{name: "centos as rhel", path: "etc/redhat-release", content: "CentOS Linux release 8.5.2111\n", want: ftypes.OS{Family: "centos", Name: "8.5.2111"}},
		{name: "no release", path: "etc/redhat-release", content: "Red Hat\n", err: "it does not say which release of redhat this is"},

		{name: "control characters", path: "etc/debian_version", content: "12\x1b[2J\n", err: "what it gives as the release is not one"},
		{name: "nul", path: "etc/alpine-release", content: "3\x00\n", err: "what it gives as the release is not one"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r, err := read(t, tt.path, []byte(tt.content))
			if got := message(err); got != tt.err {
				t.Fatalf("the error is %q, not %q", got, tt.err)
			}
			var got ftypes.OS
			if r != nil {
				got = *r.OS
			}
			same(t, "the system", tt.want, got)
		})
	}
}

func message(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestMergeOS(t *testing.T) {
	var (
		none    ftypes.OS
		debian  = ftypes.OS{Family: "debian", Name: "bookworm/sid"}
		debian2 = ftypes.OS{Family: "debian", Name: "13.0"}
		ubuntu  = ftypes.OS{Family: "ubuntu", Name: "22.04"}
		esm     = ftypes.OS{Family: "ubuntu", Extended: true}
		pro     = ftypes.OS{Family: "ubuntu", Name: "22.04", Extended: true}
		rhel    = ftypes.OS{Family: "redhat", Name: "9.4"}
		oracle  = ftypes.OS{Family: "oracle", Name: "9.4"}
		alpine  = ftypes.OS{Family: "alpine", Name: "3.22.1"}
		old     = ftypes.OS{Family: "opensuse.leap", Name: "15.6"}
		leap    = ftypes.OS{Family: "opensuse-leap", Name: "15.6"}
	)
	for _, tt := range []struct {
		name string
		all  []ftypes.OS
		want ftypes.OS
	}{
		{"nothing", []ftypes.OS{none, none}, none},
		{"one", []ftypes.OS{none, alpine, none}, alpine},
		{"ubuntu", []ftypes.OS{debian, ubuntu}, ubuntu},
		{"ubuntu pro", []ftypes.OS{debian, ubuntu, esm}, pro},
		{"oracle", []ftypes.OS{rhel, oracle}, oracle},
		{"alpine twice", []ftypes.OS{alpine, alpine}, alpine},
	} {
		permute(tt.all, func(all []ftypes.OS) {
			var got ftypes.OS
			for _, o := range all {
				got = MergeOS(got, o)
			}
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Errorf("%s as %v (-want +got):\n%s", tt.name, all, d)
			}
		})
	}
	same(t, "an upgraded debian", debian2, MergeOS(debian, debian2))
	same(t, "the lower of two systems", alpine, MergeOS(alpine, leap))
	same(t, "a former name", leap, MergeOS(old, none))
}

// permute calls f with every order of all.
func permute[T any](all []T, f func([]T)) {
	var step func(int)
	step = func(i int) {
		if i == len(all) {
			f(all)
			return
		}
		for j := i; j < len(all); j++ {
			all[i], all[j] = all[j], all[i]
			step(i + 1)
			all[i], all[j] = all[j], all[i]
		}
	}
	step(0)
}

func TestRepositories(t *testing.T) {
	for _, tt := range []struct{ name, content, want string }{
		{"a release", "https://mirror.example/alpine/v3.22/main\nhttps://mirror.example/alpine/v3.22/community\n", "3.22"},
		{"the newest", "http://a.example/alpine/v3.9/main\nftp://a.example/alpine/v3.22/main\nhttp://a.example/alpine/v3.21/main", "3.22"},
		{"edge", "http://a.example/alpine/edge/main\nhttp://a.example/alpine/v3.22/main\n", "edge"},
		{"later edge", "http://a.example/alpine/v3.22/main\n@edge http://a.example/alpine/edge/main\n", "edge"},
		{"no number", "http://a.example/alpine/latest-stable/main\nhttp://a.example/alpine/v3.22/main\n", "latest-stable"},
		{"another distribution", "https://packages.example/wolfi/x/os\n", ""},
		{"two distributions", "http://a.example/alpine/v3.22/main\nhttp://a.example/other/v1/main\n", ""},
		{"none", "/media/cdrom/apks\n", ""},
		{"empty", "", ""},
	} {
		r, err := read(t, "etc/apk/repositories", []byte(tt.content))
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if r != nil {
			got = r.Repository.Release
			same(t, "the family", ftypes.OSType("alpine"), r.Repository.Family)
		}
		if got != tt.want {
			t.Errorf("%s: got %q, not %q", tt.name, got, tt.want)
		}
	}
}
