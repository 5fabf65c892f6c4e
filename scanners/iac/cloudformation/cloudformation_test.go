package cloudformation_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners/iac/check"
	"github.com/scangate/scangate/scanners/iac/cloudformation"
	"github.com/scangate/scangate/scanners/iac/work"
)

func newSet(t testing.TB) *check.Set {
	t.Helper()
	set, err := check.NewSet(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func judge(t testing.TB, set *check.Set, name, data string, o cloudformation.Options) work.Outcome {
	t.Helper()
	out, err := cloudformation.Judge(t.Context(), set, work.File{Path: name, Data: []byte(data)}, o)
	if err != nil {
		t.Fatal(err)
	}
	if failed := set.Failures(); len(failed) > 0 {
		t.Fatalf("%s failed: %v", failed[0].Check.File, failed[0].Err)
	}
	return out
}

// lines writes what was found, one line for each.
func lines(out work.Outcome) string {
	var b strings.Builder
	for _, r := range out.Results {
		if r.Cause.Managed {
			b.WriteString(strings.TrimSpace(fmt.Sprintf("%s %d-%d %s %s", r.Check.ID, r.Location.StartLine, r.Location.EndLine, r.Resource, r.Part)) + "\n")
		}
	}
	return b.String()
}

func testdata(t testing.TB) map[string]string {
	t.Helper()
	files := map[string]string{}
	for _, pattern := range []string{"testdata/*.json", "testdata/*.yaml"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range found {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			files[filepath.Base(file)] = string(data)
		}
	}
	if len(files) < 7 {
		t.Fatal("files are missing in testdata")
	}
	return files
}

// TestFindings compares what is found in the files of testdata with the lists
// beside them; see the README there.
func TestFindings(t *testing.T) {
	set := newSet(t)
	for name, data := range testdata(t) {
		want, err := os.ReadFile(filepath.Join("testdata", name+".txt"))
		if err != nil {
			t.Fatal(err)
		}
		if !cloudformation.Is([]byte(data)) {
			t.Errorf("%s is not recognised", name)
		}
		for range 3 { // the engine goes through maps, in another order every time
			out := judge(t, set, name, data, cloudformation.Options{})
			if diff := cmp.Diff(string(want), lines(out)); diff != "" {
				t.Errorf("%s: (-want +got)\n%s", name, diff)
			}
			for _, r := range out.Results {
				if r.Framework != work.CloudFormation || r.Location.Path != name || r.Cause.Path != name {
					t.Errorf("%s: %s is in %q of %q, %s", name, r.Check.ID, r.Location.Path, r.Cause.Path, r.Framework)
				}
			}
		}
	}
}

func TestCauseChain(t *testing.T) {
	in := "# first\nResources:\n  Disk:\n    # of the machine\n    Type: AWS::EC2::Volume\n    Properties:\n      Encrypted: false\n"
	out := judge(t, newSet(t), "a.yaml", in, cloudformation.Options{})
	got := map[string][]string{}
	for _, r := range out.Results {
		for c := &r.Cause; c != nil; c = c.Parent {
			got[r.Check.ID] = append(got[r.Check.ID], fmt.Sprintf("%s %s %d-%d", c.Path, c.Resource, c.Start, c.End))
		}
	}
	want := map[string][]string{
		"AWS-0026": {"a.yaml Encrypted 7-7", "a.yaml Disk 3-7"},
		"AWS-0027": {"a.yaml Disk 3-7"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error("(-want +got)\n" + diff)
	}
}

func TestParameters(t *testing.T) {
	set := newSet(t)
	const in = `Parameters:
  Encrypt: {Type: String, Default: "false"}
  Ingress: {Type: String}
  Port: {Type: Integer, Default: 80}
Resources:
  Disk:
    Type: AWS::EC2::Volume
    Properties: {KmsKeyId: key, Encrypted: !Ref Encrypt}
  Group:
    Type: AWS::EC2::SecurityGroup
    Properties:
      GroupDescription: x
      SecurityGroupIngress:
        - {CidrIp: !Ref Ingress, FromPort: !Ref Port, ToPort: 22, IpProtocol: tcp, Description: x}
`
	for _, c := range []struct {
		name  string
		given map[string]any
		want  string
	}{
		{"defaults", nil, "AWS-0026 8-8 Disk (AWS::EC2::Volume) Encrypted\n"},
		{"all good", map[string]any{"Encrypt": "true", "Ingress": "10.0.0.0/8", "Unknown": "x"}, ""},
		{"other types", map[string]any{"Encrypt": true, "Ingress": "0.0.0.0/0", "Port": 22},
			"AWS-0107 14-14 Group (AWS::EC2::SecurityGroup) SecurityGroupIngress[0].CidrIp\n"},
	} {
		out := judge(t, set, "a.yaml", in, cloudformation.Options{Parameters: c.given})
		if diff := cmp.Diff(c.want, lines(out)); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", c.name, diff)
		}
	}
}

func TestReadParameters(t *testing.T) {
	for _, c := range []struct {
		name, in string
		want     map[string]any
		err      string
	}{
		{"command line", `[{"ParameterKey": "A", "ParameterValue": "1"}, {"ParameterKey": "B", "UsePreviousValue": true}]`, map[string]any{"A": "1"}, ""},
		{"pipeline", `{"Parameters": {"A": "1", "B": 2, "C": true}, "Tags": {}}`, map[string]any{"A": "1", "B": "2", "C": "true"}, ""},
		{"pairs", `["A=1=2", "B="]`, map[string]any{"A": "1=2", "B": ""}, ""},
		{"empty", `[]`, map[string]any{}, ""},
		{"broken", "[\n{]", nil, "cannot be parsed: line 2: a name in quotes is expected"},
		{"no key", `[{"ParameterValue": "s3cret"}]`, nil, "line 1: there is no ParameterKey"},
		{"no value", `[{"ParameterKey": "A"}]`, nil, "line 1: there is no ParameterValue"},
		{"list", `{"Parameters": {"A": ["s3cret"]}}`, nil, "line 1: the value of a parameter is not a string"},
		{"no pair", `["s3cret"]`, nil, "line 1: is not of the form Key=Value"},
		{"other object", `{"Resources": {}}`, nil, "there is no key Parameters"},
		{"not an object", `{"Parameters": []}`, nil, "line 1: Parameters is not an object"},
		{"number", `1`, nil, "is neither a list nor an object"},
	} {
		got, err := cloudformation.ReadParameters([]byte(c.in))
		said := ""
		if err != nil {
			said = err.Error()
		}
		if diff := cmp.Diff(c.want, got); diff != "" || said != c.err {
			t.Errorf("%s: error %q, (-want +got)\n%s", c.name, said, diff)
		}
	}
}

func TestIs(t *testing.T) {
	filler := strings.Repeat("  Name: {Type: String, Description: long}\n", 5_000)
	for _, c := range []struct {
		name, in string
		want     bool
	}{
		{"version", "AWSTemplateFormatVersion: 2010-09-09\n", true},
		{"comment first", "# x\n---\nAWSTemplateFormatVersion: '2010-09-09'\n", true},
		{"json version", `{"AWSTemplateFormatVersion" : "2010-09-09"}`, true},
		{"type", "Resources:\n  A:\n    Type: AWS::S3::Bucket\n", true},
		{"quoted type", "Resources:\n  A:\n    Type: 'Alexa::ASK::Skill'\n", true},
		{"json type", `{"Resources": {"A": {"Type": "Custom::Tool"}}}`, true},
		{"minified", `{"Resources":{"A":{"Type":"AWS::S3::Bucket"}}}`, true},
		{"sam", "Transform: AWS::Serverless-2016-10-31\n", true},
		{"sam in a list", "Transform:\n  - AWS::Serverless-2016-10-31\n", true},
		{"far away", "Parameters:\n" + filler + "Resources:\n  A:\n    Type: AWS::S3::Bucket\n", true},
		{"mark", "\ufeffResources:\n  A:\n    Type: AWS::S3::Bucket\n", true},
		{"other resources", "Resources:\n  A:\n    Type: Other::S3::Bucket\n", false},
		{"kubernetes", "apiVersion: v1\nkind: ConfigMap\ndata:\n  a: |\n    Resources:\n      Type: AWS::S3::Bucket\n", false},
		{"documents", "Resources:\n  A:\n    Type: AWS::S3::Bucket\n---\nb: 1\n", false},
		{"one document", "---\nResources:\n  A:\n    Type: AWS::S3::Bucket\n---\n# end\n", true},
		{"mentioned", "Description: see AWSTemplateFormatVersion\n", false},
		{"not a key", `{"a": ["AWSTemplateFormatVersion", "Resources", "AWS::S3::Bucket"]}`, false},
		{"many separators", "Resources:\n  A:\n    Type: AWS::S3::Bucket\n" + strings.Repeat("---\n", 500_000), true},
		{"empty", "", false},
		{"cut", "Resources", false},
	} {
		if got := cloudformation.Is([]byte(c.in)); got != c.want {
			t.Errorf("%s: got %v", c.name, got)
		}
	}
}

func TestNotes(t *testing.T) {
	set := newSet(t)
	const disk = "  Disk:\n    Type: AWS::EC2::Volume\n    Properties: {Encrypted: true, KmsKeyId: key}\n"
	info := func(line int, message string) finding.Note {
		return finding.Note{Level: finding.Information, Path: "a.yaml", Line: line, Message: message}
	}
	for _, c := range []struct {
		name, in string
		want     []finding.Note
	}{
		{"empty", "", nil},
		{"no resources", "AWSTemplateFormatVersion: 2010-09-09\n", nil},
		{"resources of nothing", "Resources:\n", nil},
		{"documents", "Resources:\n" + disk + "---\na: 1\n", nil},
		{"list", "- Resources\n", nil},
		{"broken yaml", "Resources:\n  A: [s3cret\nB: {\n", []finding.Note{work.Gap("a.yaml", 1, "cannot be parsed: did not find expected")}},
		{"broken json", "{\"Resources\":\n \"s3cret\" oops}", []finding.Note{work.Gap("a.yaml", 2, "cannot be parsed: a comma or the end of the list is expected")}},
		{"key twice", "Resources:\n" + disk + "    Properties: {Encrypted: true, KmsKeyId: key}\n", []finding.Note{info(4, "a key is given twice; the last one counts")}},
		{"no type", "Resources:\n" + disk + "  A: {Properties: {}}\n", []finding.Note{work.Gap("a.yaml", 5, "a resource has no type; it is not scanned")}},
		{"not a mapping", "Resources:\n" + disk + "  A: {Type: AWS::S3::Object, Properties: [1]}\n", []finding.Note{work.Gap("a.yaml", 5, "the properties of a resource are not a mapping; they are not looked at")}},
		{"loop", "Resources:\n" + disk + "  Fn::ForEach::Topics: [A, [b], {}]\n", []finding.Note{work.Gap("a.yaml", 5, "what Fn::ForEach::Topics makes of the template is not known: the resources it adds are not scanned")}},
		{"mapping", "Mappings:\n  A: {b: c}\nResources:\n" + disk, []finding.Note{work.Gap("a.yaml", 2, "a mapping is not of two levels; its values are not known")}},
	} {
		out := judge(t, set, "a.yaml", c.in, cloudformation.Options{})
		if diff := cmp.Diff(c.want, out.Notes); diff != "" || lines(out) != "" {
			t.Errorf("%s: %s, notes (-want +got)\n%s", c.name, lines(out), diff)
		}
	}
}

// TestOthersSurvive has a resource that the engine gives up on beside another.
func TestOthersSurvive(t *testing.T) {
	in := `Resources:
  Bad:
    Type: AWS::S3::Bucket
    Properties:
      BucketName:
        Fn::Sub: ["x-${a}", {a: null}]
  Good:
    Type: AWS::EC2::Volume
    Properties: {KmsKeyId: key}
`
	out := judge(t, newSet(t), "a.yaml", in, cloudformation.Options{})
	if diff := cmp.Diff("AWS-0026 7-9 Good (AWS::EC2::Volume)\n", lines(out)); diff != "" {
		t.Error("(-want +got)\n" + diff)
	}
	want := []finding.Note{work.Gap("a.yaml", 2, "the engine gave up on this resource; it is not scanned")}
	if diff := cmp.Diff(want, out.Notes); diff != "" {
		t.Error("notes (-want +got)\n" + diff)
	}
}

// TestParallel judges in several goroutines at once, for the race detector.
func TestParallel(t *testing.T) {
	set := newSet(t)
	const in = "Resources:\n  T: {Type: AWS::SQS::Queue, Properties: {KmsMasterKeyId: !Select [0, !Ref AWS::NotificationARNs]}}\n  D: {Type: AWS::EC2::Volume}\n"
	got := make([]string, 4)
	var wg sync.WaitGroup
	for i := range got {
		wg.Go(func() {
			out, err := cloudformation.Judge(t.Context(), set, work.File{Path: "a.yaml", Data: []byte(in)}, cloudformation.Options{})
			if err != nil {
				t.Error(err)
			}
			got[i] = lines(out)
		})
	}
	wg.Wait()
	for _, g := range got {
		if g == "" || g != got[0] {
			t.Errorf("got %q and %q", g, got[0])
		}
	}
}
