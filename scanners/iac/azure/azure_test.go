package azure_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners/iac/azure"
	"github.com/scangate/scangate/scanners/iac/check"
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

func judge(t testing.TB, set *check.Set, name string, data []byte) work.Outcome {
	t.Helper()
	out, err := azure.Judge(t.Context(), set, work.File{Path: name, Data: data})
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

// TestFindings compares what is found in the files of testdata with the lists
// beside them; see the README there.
func TestFindings(t *testing.T) {
	set := newSet(t)
	files, err := filepath.Glob("testdata/*.json")
	if err != nil || len(files) < 5 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		want, err := os.ReadFile(strings.TrimSuffix(file, ".json") + ".txt")
		if err != nil {
			t.Fatal(err)
		}
		if !azure.Is(data) {
			t.Errorf("%s is not recognised", file)
		}
		out := judge(t, set, filepath.Base(file), data)
		if diff := cmp.Diff(string(want), lines(out)); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", file, diff)
		}
		for _, r := range out.Results {
			if r.Framework != work.AzureARM || r.Location.Path != filepath.Base(file) || r.Cause.Path != r.Location.Path {
				t.Errorf("%s: %s is in %q of %q, %s", file, r.Check.ID, r.Location.Path, r.Cause.Path, r.Framework)
			}
		}
	}
}

func TestCauseChain(t *testing.T) {
	data, err := os.ReadFile("testdata/symbolic.json")
	if err != nil {
		t.Fatal(err)
	}
	out := judge(t, newSet(t), "a.json", data)
	var got []string
	for _, r := range out.Results {
		if r.Check.ID == "AZU-0008" {
			for c := &r.Cause; c != nil; c = c.Parent {
				got = append(got, fmt.Sprintf("%s %d-%d", c.Resource, c.Start, c.End))
			}
		}
	}
	want := []string{
		"resources.account.properties.supportsHttpsTrafficOnly 29-29",
		"resources.account.properties 28-31",
		"resources.account 24-32",
		" 1-34",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error("(-want +got)\n" + diff)
	}
}

func TestIs(t *testing.T) {
	schema := func(name string) string {
		return `{"$schema": "https://schema.management.azure.com/schemas/2019-04-01/` + name + `", "resources": []}`
	}
	filler := `"x": "` + strings.Repeat("y", 100_000) + `"`
	for _, c := range []struct {
		name, in string
		want     bool
	}{
		{"resource group", schema("deploymentTemplate.json#"), true},
		{"subscription", schema("subscriptionDeploymentTemplate.json#"), true},
		{"management group", schema("managementGroupDeploymentTemplate.json#"), true},
		{"tenant", schema("tenantDeploymentTemplate.json"), true},
		{"comment first", "// a\n" + schema("deploymentTemplate.json#"), true},
		{"mark", "\ufeff" + schema("deploymentTemplate.json#"), true},
		{"schema last", `{` + filler + `, ` + schema("deploymentTemplate.json#")[1:], true},
		{"bicep", `{"metadata": {"_generator": {"name": "bicep", "version": "1"}}, "resources": []}`, true},
		{"parameters", schema("deploymentParameters.json#"), false},
		{"interface", schema("CreateUIDefinition.MultiVm.json#"), false},
		{"another schema", `{"$schema": "https://json-schema.org/draft-07/schema#", "resources": []}`, false},
		{"another generator", `{"_generator": {"name": "other"}}`, false},
		{"quoted elsewhere", `{"text": "\"$schema\" deploymentTemplate.json"}`, false},
		{"list", `[` + schema("deploymentTemplate.json#") + `]`, false},
		{"yaml", `$schema: https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#`, false},
		{"empty", "", false},
		{"cut", `{"$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTempl`, false},
	} {
		if got := azure.Is([]byte(c.in)); got != c.want {
			t.Errorf("%s: got %v", c.name, got)
		}
	}
}

const head = `{"$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",` + "\n"

func TestNotes(t *testing.T) {
	set := newSet(t)
	for _, c := range []struct {
		name, in string
		want     []finding.Note
	}{
		{"broken", head + `"resources": [{"type": "secret-looking" oops}]}`,
			[]finding.Note{work.Gap("a.json", 2, "cannot be parsed: a comma or the end of the list is expected")}},
		{"no resources", head + `"parameters": {}}`, nil},
		{"empty list", head + `"resources": []}`, nil},
		{"null", head + `"resources": null}`, nil},
		{"not a list", head + `"resources": "all"}`,
			[]finding.Note{work.Gap("a.json", 2, "the resources are neither a list nor an object; they are not scanned")}},
		{"not an object", head + `"resources": [` + "\n" + `"[parameters('all')]"]}`,
			[]finding.Note{work.Gap("a.json", 3, "a resource is not an object; it is not scanned")}},
	} {
		out := judge(t, set, "a.json", []byte(c.in))
		if diff := cmp.Diff(c.want, out.Notes); diff != "" || len(out.Results) > 0 {
			t.Errorf("%s: %d results, notes (-want +got)\n%s", c.name, len(out.Results), diff)
		}
	}
}

// TestOthersSurvive has resources beside one that the engine cannot digest.
func TestOthersSurvive(t *testing.T) {
	in := head + `"resources": [
		{"type": "Microsoft.Storage/storageAccounts", "name": "a", "properties": {"supportsHttpsTrafficOnly": false, "minimumTlsVersion": "TLS1_2", "networkAcls": {"defaultAction": "Deny"}}},
		{"type": "Microsoft.KeyVault/vaults", "name": "b", "properties": {"softDeleteRetentionInDays": 7.5, "enablePurgeProtection": true}},
		7
	]}`
	out := judge(t, newSet(t), "a.json", []byte(in))
	want := "AZU-0008 3-3 Microsoft.Storage/storageAccounts/a properties.supportsHttpsTrafficOnly\n"
	got := lines(out)
	if !strings.Contains(got, want) || len(out.Notes) != 1 || out.Notes[0].Line != 5 {
		t.Errorf("got %s and %v", got, out.Notes)
	}
}

func TestHostile(t *testing.T) {
	set := newSet(t)
	rules := func(groups, rules int) []byte {
		var b bytes.Buffer
		b.WriteString(head + `"resources": [`)
		for i := range groups {
			fmt.Fprintf(&b, `{"type": "Microsoft.Network/networkSecurityGroups", "name": "g%d"},`+"\n", i)
		}
		for i := range rules {
			fmt.Fprintf(&b, `{"type": "Microsoft.Network/networkSecurityGroups/securityRules", "name": "r%d", "properties": {"access": "Allow", "sourceAddressPrefix": "10.0.0.0/8"}},`+"\n", i)
		}
		b.WriteString("]}")
		return b.Bytes()
	}
	nested := func(depth int) []byte {
		one := `{"resources": [{"type": "Microsoft.Resources/deployments", "name": "n", "properties": {"template": `
		return []byte(head + `"resources": [], "x": ` + strings.Repeat(one, depth) + `{}` + strings.Repeat(`}}]}`, depth) + `}`)
	}
	for _, c := range []struct {
		name string
		in   []byte
		gap  bool
	}{
		{"deep", []byte(head + `"resources": ` + strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000) + "}"), true},
		{"deep and open", []byte(head + `"resources": ` + strings.Repeat(`{"a":`, 500_000)), true},
		{"wide", []byte(head + `"resources": [` + strings.Repeat(`{},`, 300_000) + `]}`), true},
		{"many resources", []byte(head + `"resources": [` + strings.Repeat(`{"type": "Microsoft.Storage/storageAccounts"},`, 20_000) + `]}`), true},
		{"rules times groups", rules(900, 900), true},
		{"nested templates", nested(10_000), true},
		{"large expressions", []byte(head + `"resources": [{"type": "Microsoft.Storage/storageAccounts", "name": "[` + strings.Repeat("concat(", 300_000) + `]", "properties": {"minimumTlsVersion": "[range(0, 1000000000)]", "supportsHttpsTrafficOnly": "[json(base64ToString('e30='))]"}}]}`), false},
		{"many values", []byte(head + `"resources": [{"type": "Microsoft.Network/networkSecurityGroups/securityRules", "properties": {"sourceAddressPrefixes": [` + strings.Repeat(`"*",`, 150_000) + `]}}]}`), true},
		{"one string", []byte(head + `"resources": [{"type": "` + strings.Repeat("a", 4<<20) + `"}]}`), false},
		{"same name often", []byte(head + `"resources": [{` + strings.Repeat(`"type": "Microsoft.Storage/storageAccounts",`, 50_000) + `}]}`), false},
	} {
		start := time.Now()
		out := judge(t, set, "a.json", c.in)
		if took := time.Since(start); took > 30*time.Second {
			t.Errorf("%s: took %v", c.name, took)
		}
		if got := len(out.Notes) > 0 && out.Notes[0].Level == finding.Gap; got != c.gap {
			t.Errorf("%s: notes %v", c.name, out.Notes)
		}
	}
}

func FuzzJudge(f *testing.F) {
	set := newSet(f)
	files, _ := filepath.Glob("testdata/*.json")
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte(head + `"resources": [{"type": "Microsoft.Resources/deployments", "properties": {"template": {"resources": {}}}}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		out, err := azure.Judge(t.Context(), set, work.File{Path: "a.json", Data: data})
		if err != nil {
			t.Fatal(err)
		}
		end := bytes.Count(data, []byte("\n")) + 1
		for _, r := range out.Results {
			if r.Cause.Managed && (r.Location.StartLine < 1 || r.Location.EndLine > end || r.Location.EndLine < r.Location.StartLine) {
				t.Errorf("%s at lines %d-%d of %d", r.Check.ID, r.Location.StartLine, r.Location.EndLine, end)
			}
		}
		again, err := azure.Judge(t.Context(), set, work.File{Path: "a.json", Data: data})
		if err != nil || lines(out) != lines(again) {
			t.Errorf("differs the second time: %v\n%s", err, cmp.Diff(lines(out), lines(again)))
		}
	})
}

func FuzzIs(f *testing.F) {
	f.Add([]byte(head))
	f.Add([]byte(`{"_generator": {"name": "bicep"`))
	f.Fuzz(func(t *testing.T, data []byte) {
		if azure.Is(data) && !bytes.ContainsAny(data, "{/") {
			t.Error("is no JSON")
		}
	})
}

func BenchmarkIs(b *testing.B) {
	data := []byte(`{"dependencies": [` + strings.Repeat(`{"name": "schemas", "version": "1.0.0"},`, 100_000) + `{}]}`)
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if azure.Is(data) {
			b.Fatal("is a template")
		}
	}
}

func BenchmarkJudge(b *testing.B) {
	set := newSet(b)
	data, err := os.ReadFile("testdata/plain.json")
	if err != nil {
		b.Fatal(err)
	}
	judge(b, set, "a.json", data)
	for b.Loop() {
		judge(b, set, "a.json", data)
	}
}
