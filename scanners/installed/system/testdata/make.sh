#!/bin/bash
# Makes the fixtures beside it with the real package managers. It runs as root
# on a Debian 12 with dpkg, mmdebstrap, rpm, db5.3-util, sqlite3 and gpg, and
# needs Debian's package mirror. Debian's rpm lacks the ndb format: NDB_RPM is
# the prefix of one configured with --enable-ndb. README.md says what comes of
# it.
set -euo pipefail
export LC_ALL=C SOURCE_DATE_EPOCH=1700000000
out=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$out"/{dpkg,status.d,rpm}

# --- dpkg: a real Debian, cut down to some packages of all kinds, and packages
# of our own for what is rare: epochs, held, removed and purged packages.
keep='^(base-files|bsdutils|gcc-12-base|libc6|libgcc-s1|libselinux1|login|perl-base|tzdata|zlib1g|demo.*)$'
mmdebstrap --variant=essential --include=tzdata bookworm "$work/debian" >/dev/null

deb() { # name version status-of-dpkg fields…
	local dir=$work/deb/$1
	mkdir -p "$dir/DEBIAN" "$dir/usr/lib/python3/dist-packages" "$dir/etc"
	printf 'Package: %s\nVersion: %s\nMaintainer: Fixture <fixture@example.com>\nArchitecture: all\n%b' "$1" "$2" "$3" >"$dir/DEBIAN/control"
	printf 'Description: a fixture\n  - with a longer description\n .\n Field: that is none\n' >>"$dir/DEBIAN/control"
	echo setting >"$dir/etc/$1.conf" && echo "/etc/$1.conf" >"$dir/DEBIAN/conffiles"
	echo 'Metadata-Version: 1.0' >"$dir/usr/lib/python3/dist-packages/$1.egg-info"
	(cd "$dir" && find usr etc -type f | sort | xargs md5sum) >"$dir/DEBIAN/md5sums"
	dpkg-deb --root-owner-group --build "$dir" "$work/$1.deb" >/dev/null
}
deb demo-epoch '2:1.0~rc1+ds-3' 'Source: demo (1:0.9-2)\nDepends: libc6 (>= 2.36), demo-nothing | demo-native\n'
deb demo-native 1.5 'Section: misc\nDepends: zlib1g,\n base-files (>= 12)\n'
deb demo-held 0.1-1 'Multi-Arch: foreign\n'
deb demo-removed 1.0-1 ''
deb demo-purged 1.0-1 ''
chroot_dpkg() { dpkg --root="$work/debian" --log=/dev/null "$@" >/dev/null; }
chroot_dpkg --force-depends -i "$work"/demo-*.deb
echo 'demo-held hold' | dpkg --root="$work/debian" --set-selections
chroot_dpkg --remove demo-removed
chroot_dpkg --purge demo-purged
awk -v keep="$keep" 'BEGIN { RS = ""; ORS = "\n\n" } { split($0, l, "\n"); sub("Package: ", "", l[1]); if (l[1] ~ keep) print }' \
	"$work/debian/var/lib/dpkg/status" >"$out/dpkg/status"
cp "$work/debian/var/lib/dpkg/info/"{bsdutils,demo-epoch}.md5sums "$out/dpkg/"
mkdir "$work/admin" && cp "$out/dpkg/status" "$work/admin/"
dpkg-query --admindir="$work/admin" -W \
	-f '${Package}\t${Version}\t${source:Package}\t${source:Version}\t${Architecture}\t${db:Status-Status}\n' >"$out/dpkg/expected.tsv"

# --- status.d: what images without dpkg keep, a control file for each package.
for p in base-files libssl3 tzdata; do
	(cd "$work" && apt-get download -qq "$p" >/dev/null 2>&1)
	dpkg-deb -f "$work/$p"_*.deb >"$out/status.d/$p"
	mkdir "$work/control.$p" && dpkg-deb -e "$work/$p"_*.deb "$work/control.$p"
done
cp "$work/control.libssl3/md5sums" "$out/status.d/libssl3.md5sums"

# --- rpm: packages of our own in the three formats of the database.
cat >"$work/demo.spec" <<'SPEC'
Name: demo
Epoch: 2
Version: 1.0~rc1
Release: 3.el9
Summary: a fixture
License: MIT AND (BSD-3-Clause OR GPL-2.0-only)
Vendor: Red Hat, Inc.
ModularityLabel: demo:1:20240101:abcdef12
Provides: libdemo.so.1()(64bit)
%description
a fixture
%package -n python3-demo
Summary: the part with a language in it
Requires: demo, libdemo.so.1()(64bit), /bin/sh
BuildArch: noarch
%description -n python3-demo
a fixture
%install
mkdir -p %{buildroot}/usr/share/demo %{buildroot}/usr/lib/python3.9/site-packages
for i in $(seq 1 300); do echo $i >%{buildroot}/usr/share/demo/file-with-a-long-name-$i; done
echo Name: demo >%{buildroot}/usr/lib/python3.9/site-packages/demo.egg-info
%files
/usr/share/demo
%files -n python3-demo
/usr/lib/python3.9/site-packages/demo.egg-info
SPEC
cat >"$work/vendors.spec" <<'SPEC'
Name: others
Version: 7
Release: 1
Summary: a fixture
License: Apache-2.0
Vendor: Example Corp
BuildArch: noarch
%description
a fixture
%install
mkdir -p %{buildroot}/opt/%{name}
echo 1 >%{buildroot}/opt/%{name}/package.json
%files
/opt/%{name}/package.json
SPEC
sed -e 's/^Name: .*/Name: cloud/' -e 's/^Release: .*/Release: 1.amzn2/' -e '/^Vendor/d' "$work/vendors.spec" >"$work/cloud.spec"
{ # enough packages for more than one page of each table
	printf 'Name: many\nVersion: 1\nRelease: 1\nSummary: a fixture\nLicense: MIT\nVendor: openSUSE\nBuildArch: noarch\n%%description\na fixture\n%%files\n'
	for i in $(seq 1 24); do printf '%%package %d\nSummary: a fixture\nRequires: many = 1\n%%description %d\na fixture\n%%files %d\n' "$i" "$i" "$i"; done
} >"$work/many.spec"
for s in demo vendors cloud many; do
	rpmbuild -bb --quiet --define "_topdir $work/rpmbuild" --define '_buildhost fixture' --define 'use_source_date_epoch_as_buildtime 1' \
		--define 'source_date_epoch_from_changelog 0' "$work/$s.spec"
done
mkdir "$work/gnupg" && chmod 700 "$work/gnupg"
export GNUPGHOME=$work/gnupg
gpg --batch --quiet --passphrase '' --quick-generate-key 'Fixture <fixture@example.com>' rsa2048 sign never
gpg --batch --quiet --armor --export >"$work/key.asc"
ndb_rpm=${NDB_RPM:?is not the prefix of an rpm with ndb}/bin/rpm
for db in sqlite ndb; do
	root=$work/root-$db
	mkdir -p "$root/var/lib/rpm"
	rpm=rpm
	[ $db = sqlite ] || rpm=$ndb_rpm
	run() { "$rpm" --root "$root" --dbpath /var/lib/rpm --define "_db_backend $db" "$@"; }
	run --initdb
	cp "$work/key.asc" "$root/key.asc"
	run --import "$root/key.asc"
	run -i --nodeps --noscripts --nosignature --ignorearch $([ $db = ndb ] || echo --force-debian) "$work"/rpmbuild/RPMS/*/*.rpm
	run -e --nodeps many-7
done
cat "$work/root-sqlite/var/lib/rpm/rpmdb.sqlite" | gzip -9n >"$out/rpm/rpmdb.sqlite.gz"
cat "$work/root-ndb/var/lib/rpm/Packages.db" | gzip -9n >"$out/rpm/Packages.db.gz"

# rpm no longer writes Berkeley DB: a table of the same headers, made by the
# tool of Berkeley DB, in the byte order of either kind of machine, and with
# pages so large that headers have room in the table itself.
bdb() { # byte-order page-size file
	{
		printf 'VERSION=3\nformat=bytevalue\ntype=hash\ndb_lorder=%s\ndb_pagesize=%s\nHEADER=END\n 00000000\n 19000000\n' "$1" "$2"
		sqlite3 -separator ' ' "$work/root-sqlite/var/lib/rpm/rpmdb.sqlite" 'SELECT hnum, hex(blob) FROM Packages ORDER BY hnum' |
			while read -r n hex; do printf ' %02x%02x0000\n %s\n' $((n & 255)) $((n >> 8)) "${hex,,}"; done
		echo DATA=END
	} | db5.3_load "$work/$3"
	gzip -9n <"$work/$3" >"$out/rpm/$3.gz"
}
bdb 1234 4096 Packages
bdb 4321 4096 Packages-be
bdb 1234 65536 Packages-64k

# What rpm itself says is in them.
query='%{NAME}\t%{EPOCHNUM}\t%{VERSION}\t%{RELEASE}\t%{ARCH}\t%{SOURCERPM}\t%{VENDOR}\t%{MODULARITYLABEL}\t%{LICENSE}\n'
rpm --root "$work/root-sqlite" --dbpath /var/lib/rpm -qa --qf "$query" | sort >"$work/sqlite.tsv"
"$ndb_rpm" --root "$work/root-ndb" --dbpath /var/lib/rpm --define '_db_backend ndb' -qa --qf "$query" | sort >"$work/ndb.tsv"
for file in Packages Packages-64k; do
	mkdir "$work/bdb.$file" && cp "$work/$file" "$work/bdb.$file/Packages"
	rpm --dbpath "$work/bdb.$file" --define '_db_backend bdb_ro' -qa --qf "$query" 2>/dev/null | sort >"$work/$file.tsv"
	cmp "$work/sqlite.tsv" "$work/$file.tsv"
done
sed 's/gpg-pubkey.*/gpg-pubkey/' "$work/sqlite.tsv" | cmp - <(sed 's/gpg-pubkey.*/gpg-pubkey/' "$work/ndb.tsv")
cp "$work/sqlite.tsv" "$out/rpm/expected.tsv"
rpm --root "$work/root-sqlite" --dbpath /var/lib/rpm -qa \
	--qf '%{NAME}\t%{VERSION}-%{RELEASE}\t%{INSTALLTIME}\t%{BUILDTIME}\t%{VENDOR}\t(none)\t%{SIZE}\t%{ARCH}\t%{EPOCHNUM}\t%{SOURCERPM}\n' |
	grep -E '^(demo|python3-demo|cloud|many-1)	' | sort >"$out/rpm/container-manifest-2"

# The package databases of distributions.
"$out/make-systems.sh"
