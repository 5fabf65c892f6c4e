package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"flag"
	"math/big"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"

	"github.com/scangate/scangate/config"
	"github.com/scangate/scangate/policy"
)

var update = flag.Bool("update", false, "write the parts of docs anew that are generated")

const publishedSchema = "../../docs/scangate.schema.json"

// TestSchemaIsPublished: the file in the repository is what the command prints.
func TestSchemaIsPublished(t *testing.T) {
	var out, errs bytes.Buffer
	a := &app{stdout: &out, stderr: &errs, scanners: embedded()}
	if code := a.run([]string{"policy", "schema"}); code != exitPassed {
		t.Fatalf("exit code %d: %s", code, &errs)
	}
	if *update {
		if err := os.WriteFile(publishedSchema, out.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(publishedSchema)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(got), out.String()); d != "" {
		t.Errorf("docs/scangate.schema.json is old: go test ./cmd/scangate -run TestSchemaIsPublished -update\n%s", d)
	}
	if code := a.run([]string{"policy", "schema", "more"}); code != exitUsage {
		t.Errorf("exit code %d for an argument", code)
	}
}

// judge is the schema and the parser of the configuration, side by side.
type judge struct {
	t      *testing.T
	schema *jsonschema.Schema
	app    *app
}

func newJudge(t *testing.T) *judge {
	t.Helper()
	made, err := (&app{scanners: embedded()}).schema()
	if err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(made)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource(config.SchemaID, doc); err != nil {
		t.Fatal(err)
	}
	compiled, err := c.Compile(config.SchemaID)
	if err != nil {
		t.Fatal(err)
	}
	root, err := os.ReadFile("../../scanners/image/signature/public_good_root.json")
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	t.Chdir(t.TempDir())
	public, certificate := keyAndCertificate(t)
	for name, content := range map[string][]byte{
		"cosign.pub": public, "root.json": root, "ca.pem": certificate, "rules.tsv": []byte("10038\tIGNORE\n"), "openapi.yaml": []byte("openapi: 3.0.0\n"),
		"security/shop.openvex.json":  []byte(`{"@context": "https://openvex.dev/ns/v0.2.0", "@id": "x", "author": "a", "timestamp": "2026-01-01T00:00:00Z", "version": 1, "statements": []}`),
		"security/supplier.csaf.json": []byte(`{"document": {"csaf_version": "2.0"}}`),
	} {
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return &judge{t, compiled, &app{scanners: embedded(), getenv: func(string) string { return "" }}}
}

// keyAndCertificate are in PEM.
func keyAndCertificate(t *testing.T) (public, certificate []byte) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	about := &x509.Certificate{SerialNumber: big.NewInt(1), IsCA: true, BasicConstraintsValid: true}
	ca, err := x509.CreateCertificate(rand.Reader, about, about, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: ca})
}

// parser is what everything that reads a configuration says of one.
func (j *judge) parser(data []byte) error {
	file, err := config.Parse(data, config.DefaultName)
	if err != nil {
		return err
	}
	known := j.app.known(file)
	pol, err := policy.Parse(file.Policy, known)
	if err != nil {
		return err
	}
	if _, err := j.app.ignores(file, known, false); err != nil {
		return err
	}
	if err := addVEX(&pol, file.VEX, ".", j.app.watched.read); err != nil {
		return err
	}
	for _, list := range [][]config.Section{file.DB.Repositories, file.DB.JavaRepositories} {
		if _, err := j.app.sources(nil, list); err != nil {
			return err
		}
	}
	if _, err := j.app.feedSources(file.DB); err != nil {
		return err
	}
	_, err = j.app.choose("", file, settings{path: ".", settings: "."})
	return err
}

// validator is what the schema says of a configuration.
func (j *judge) validator(data []byte) error {
	var doc yaml.Node
	if err := yaml.Unmarshal(data, &doc); err != nil {
		j.t.Fatalf("%v\n%s", err, data)
	}
	return j.schema.Validate(instance(&doc))
}

// instance is a YAML node as programs that validate YAML see it.
func instance(n *yaml.Node) any {
	switch n.Kind {
	case yaml.DocumentNode:
		return instance(n.Content[0])
	case yaml.MappingNode:
		out := map[string]any{}
		for i := 0; i < len(n.Content); i += 2 {
			out[n.Content[i].Value] = instance(n.Content[i+1])
		}
		return out
	case yaml.AliasNode:
		return instance(n.Alias)
	case yaml.SequenceNode:
		out := []any{}
		for _, c := range n.Content {
			out = append(out, instance(c))
		}
		return out
	}
	switch n.Tag {
	case "!!null":
		return nil
	case "!!bool":
		return strings.EqualFold(n.Value, "true")
	case "!!int", "!!float":
		var f float64
		if n.Decode(&f) == nil {
			return json.Number(strconv.FormatFloat(f, 'f', -1, 64))
		}
	}
	return n.Value
}
