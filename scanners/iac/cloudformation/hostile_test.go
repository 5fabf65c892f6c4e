package cloudformation_test

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners/iac/cloudformation"
	"github.com/scangate/scangate/scanners/iac/work"
)

// repeat writes a line for each number from 0 to n-1.
func repeat(n int, format string) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.NewReplacer("#", fmt.Sprint(i), "%", fmt.Sprint(i+1)).Replace(format))
	}
	return b.String()
}

// nest puts one function into another.
func nest(depth int, before, inner, after string) string {
	return strings.Repeat(before, depth) + inner + strings.Repeat(after, depth)
}

// bucket is a template with a bucket of that name.
func bucket(name string) string {
	return "Resources:\n  B:\n    Type: AWS::S3::Bucket\n    Properties:\n      BucketName: " + name + "\n"
}

var hostile = []struct {
	name, in string
	gap      bool
}{
	{"deep yaml", "Resources: " + nest(10_000, "[", "", "]"), true},
	{"deep json", `{"Resources": ` + strings.Repeat(`{"a":`, 500_000), true},
	{"deep blocks", "Resources:\n" + func() string {
		var b strings.Builder
		for i := range 500 {
			b.WriteString(strings.Repeat(" ", i+1) + "a:\n")
		}
		return b.String()
	}(), true},
	{"alias bomb", "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + func() string {
		var b strings.Builder
		for i := range 10 {
			fmt.Fprintf(&b, "%c: &%c [%s]\n", 'b'+i, 'b'+i, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*%c, ", 'a'+i), 10), ", "))
		}
		return b.String()
	}() + bucket("*k"), true},
	{"long text often", "a: &a " + strings.Repeat("x", 1<<20) + "\n" + "Resources:\n" + repeat(100, "  B#:\n    Type: AWS::S3::Bucket\n    Properties: {BucketName: *a}\n"), true},
	{"alias of itself", "Resources: &a\n  B: {Type: AWS::S3::Bucket, Properties: *a}\n", true},
	{"many resources", "Resources:\n" + repeat(20_000, "  B#: {Type: AWS::SQS::Queue}\n"), true},
	{"wide", "Resources:\n  A:\n    Type: AWS::S3::Bucket\n    Properties:\n" + repeat(150_000, "      a#: 1\n"), true},
	{"condition of itself", "Conditions:\n  A: !Not [{Condition: A}]\n" + bucket("!If [A, x, y]"), true},
	{"conditions in a circle", "Conditions:\n  A: !Not [{Condition: B}]\n  B: !Not [{Condition: A}]\n" + bucket("!If [A, x, y]"), true},
	{"choice of itself", "Conditions:\n  A: !If [A, true, false]\n" + bucket("!If [A, x, y]"), true},
	{"conditions that double", "Conditions:\n" + repeat(40, "  C#: !And [{Condition: C%}, {Condition: C%}]\n") + "  C40: !Equals [a, a]\n" + bucket("!If [C0, x, y]"), true},
	{"long chain of conditions", "Conditions:\n" + repeat(20_000, "  C#: {Condition: C%}\n") + "  C20000: !Equals [a, a]\n" + bucket("!If [C0, x, y]"), true},
	{"attribute of itself", bucket("!GetAtt B.BucketName"), true},
	{"attributes in a circle", "Resources:\n  A: {Type: AWS::S3::Bucket, Properties: {BucketName: !GetAtt B.BucketName}}\n  B: {Type: AWS::S3::Bucket, Properties: {BucketName: !GetAtt A.BucketName}}\n", true},
	{"attributes that double", "Resources:\n" + repeat(60, "  A#: {Type: AWS::S3::Bucket, Properties: {BucketName: !Join ['', [!GetAtt A%.BucketName, !GetAtt A%.BucketName]]}}\n") + "  A60: {Type: AWS::S3::Bucket, Properties: {BucketName: x}}\n", true},
	{"computed attribute", "Parameters: {P: {Default: B}}\n" + bucket("!GetAtt [!Ref P, BucketName]"), true},
	{"computed condition", "Parameters: {P: {Default: A}}\nConditions: {A: !If [!Ref P, a, b]}\n" + bucket("x"), true},
	{"nested Sub", bucket(nest(40, "{'Fn::Sub': ", "x", "}")), true},
	{"nested Select", bucket(nest(12, "{'Fn::Select': [0, ['a', ", "x", "]]}")), true},
	{"nested Equals", bucket(nest(20, "{'Fn::Equals': [a, ", "x", "]}")), true},
	{"nested Base64", bucket(nest(60, "{'Fn::Base64': ", "x", "}")), true},
	{"Sub that multiplies", bucket("{'Fn::Sub': ['${A}', {A: '" + strings.Repeat("${B}", 100) + "', B: '" + strings.Repeat("${C}", 100) + "', C: '" + strings.Repeat("${D}", 100) + "', D: '" + strings.Repeat("${E}", 100) + "', E: '" + strings.Repeat("x", 100) + "'}]}"), true},
	{"Sub of a large text", "Parameters: {P: {Default: " + strings.Repeat("x", 10_000) + "}}\n" + bucket("{'Fn::Sub': ['"+strings.Repeat("${A}", 10_000)+"', {A: !Ref P}]}"), true},
	{"Split to letters", bucket("{'Fn::Select': [0, {'Fn::Split': ['', '" + strings.Repeat("x", 100_000) + "']}]}"), true},
	{"Join of many", bucket("!Join ['" + strings.Repeat("x", 1000) + "', {'Fn::Split': [',', '" + strings.Repeat(",", 5000) + "']}]"), true},
	{"Cidr", bucket("!Select [0, !Cidr ['::/0', 1000000000, 1]]"), true},
	{"Cidr of a parameter", "Parameters: {P: {Default: 1000000000}}\n" + bucket("!Select [0, !Cidr ['::/0', !Ref P, 1]]"), true},
	{"Cidr computed", bucket("!Select [0, !Cidr ['::/0', !Join ['', ['10', '000000']], 1]]"), true},
	{"policies times buckets", "Resources:\n" + repeat(400, "  B#: {Type: AWS::S3::Bucket, Properties: {BucketName: b}}\n  P#: {Type: AWS::S3::BucketPolicy, Properties: {Bucket: b, PolicyDocument: {Statement: ["+strings.Repeat("{Effect: Allow, Action: a, Resource: b},", 20)+"]}}}\n"), true},
	{"queues times policies", "Resources:\n" + repeat(400, "  Q#: {Type: AWS::SQS::Queue}\n  P#: {Type: AWS::SQS::QueuePolicy, Properties: {Queues: ["+strings.Repeat("!Ref Q0,", 50)+"]}}\n"), true},
	{"policy of many buckets", "Resources:\n" + repeat(200, "  B#: {Type: AWS::S3::Bucket, Properties: {BucketName: b}}\n  P#: {Type: AWS::S3::BucketPolicy, Properties: {Bucket: b, PolicyDocument: {Statement: [{Effect: Allow, Action: a, Resource: b}]}}}\n"), true},
	{"template of many machines", "Resources:\n  T: {Type: AWS::EC2::LaunchTemplate, Properties: {LaunchTemplateData: {BlockDeviceMappings: [" + strings.Repeat("{Ebs: {Encrypted: false}},", 900) + "]}}}\n" + repeat(400, "  M#: {Type: AWS::EC2::Instance, Properties: {LaunchTemplate: {LaunchTemplateId: !Ref T}}}\n"), true},
	{"long list", "Resources:\n  G:\n    Type: AWS::SQS::Queue\n    Properties:\n      Tags:\n" + repeat(20_000, "        - {Key: a, Value: b}\n"), true},
	{"stages of one", "Resources:\n  A: {Type: AWS::ApiGateway::RestApi}\n" + repeat(400, "  S#: {Type: AWS::ApiGateway::Stage, Properties: {RestApiId: !Ref A}}\n"), true},
	{"odd shapes", "Parameters: [a]\nMappings: 1\nConditions: {a: null, b: [null]}\nGlobals: []\nResources:\n  A: {Type: AWS::S3::Bucket, Properties: {a: null, BucketName: [null, {b: [null]}], PublicAccessBlockConfiguration: [1], VersioningConfiguration: {Status: {Ref: [1]}}}}\n", false},
	{"odd tags", "Resources:\n  A: {Type: AWS::S3::Bucket, Properties: {BucketName: !!binary aGk=, a: !<tag:x> b, c: !Sub {a: b}, d: !Ref [a], e: !Unknown [a], f: !!set {a, b}, g: 2012-10-17, h: 0x1f, i: 1_000, j: .inf}}\n", false},
}

func TestHostile(t *testing.T) {
	set := newSet(t)
	for _, c := range hostile {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		start := time.Now()
		out := judge(t, set, "a.yaml", c.in, cloudformation.Options{})
		took := time.Since(start)
		runtime.ReadMemStats(&after)
		if allocated := (after.TotalAlloc - before.TotalAlloc) >> 20; took > 30*time.Second || allocated > 2000 {
			t.Errorf("%s: took %v and %d MiB", c.name, took, allocated)
		} else if took > 500*time.Millisecond {
			t.Logf("%s: %v, %d MiB", c.name, took, allocated)
		}
		gap := false
		for _, n := range out.Notes {
			gap = gap || n.Level == finding.Gap
		}
		if gap != c.gap {
			t.Errorf("%s: notes %.300v", c.name, fmt.Sprint(out.Notes))
		}
	}
}

func FuzzJudge(f *testing.F) {
	set := newSet(f)
	for _, data := range testdata(f) {
		f.Add([]byte(data))
	}
	for _, c := range hostile {
		if len(c.in) < 4<<10 {
			f.Add([]byte(c.in))
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		file := work.File{Path: "a.yaml", Data: data}
		out, err := cloudformation.Judge(t.Context(), set, file, cloudformation.Options{})
		if err != nil {
			t.Fatal(err)
		}
		end := bytes.Count(data, []byte("\n")) + 1
		for _, r := range out.Results {
			if r.Cause.Managed && (r.Location.StartLine < 1 || r.Location.EndLine > end || r.Location.EndLine < r.Location.StartLine) {
				t.Errorf("%s at lines %d-%d of %d", r.Check.ID, r.Location.StartLine, r.Location.EndLine, end)
			}
		}
		again, err := cloudformation.Judge(t.Context(), set, file, cloudformation.Options{})
		if err != nil || lines(out) != lines(again) {
			t.Errorf("differs the second time: %v\n%s", err, cmp.Diff(lines(out), lines(again)))
		}
	})
}

func FuzzIs(f *testing.F) {
	f.Add([]byte("Resources:\n  A:\n    Type: AWS::S3::Bucket\n"))
	f.Add([]byte("{\"Transform\": [\"AWS::Serverless-2016-10-31\"]}\n---\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if cloudformation.Is(data) && !bytes.Contains(data, []byte("AWS")) && !bytes.Contains(data, []byte("::")) {
			t.Error("is no template")
		}
	})
}

func BenchmarkIs(b *testing.B) {
	data := []byte(`{"dependencies": [` + strings.Repeat(`{"name": "AWSTemplate", "version": "1.0.0"},`, 95_000) + `{}]}`)
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if cloudformation.Is(data) {
			b.Fatal("is a template")
		}
	}
}

func BenchmarkJudge(b *testing.B) {
	set := newSet(b)
	data, err := os.ReadFile("testdata/policies.yaml")
	if err != nil {
		b.Fatal(err)
	}
	// Some 300 lines: the resources four times over.
	_, resources, _ := strings.Cut(string(data), "Resources:\n")
	in := "Resources:\n"
	for i := range 4 {
		in += strings.NewReplacer("  Role:", fmt.Sprintf("  Role%d:", i), "  Policy:", fmt.Sprintf("  Policy%d:", i), "  Queue:", fmt.Sprintf("  Queue%d:", i),
			"  QueuePolicy:", fmt.Sprintf("  QueuePolicy%d:", i), "  Repository:", fmt.Sprintf("  Repository%d:", i), "  Bucket:", fmt.Sprintf("  Bucket%d:", i),
			"  BucketPolicy:", fmt.Sprintf("  BucketPolicy%d:", i)).Replace(resources)
	}
	judge(b, set, "a.yaml", in, cloudformation.Options{})
	for b.Loop() {
		judge(b, set, "a.yaml", in, cloudformation.Options{})
	}
}
