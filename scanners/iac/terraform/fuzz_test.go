package terraform

import (
	"context"
	"testing"
	"time"

	"github.com/scangate/scangate/scanners/iac/work"
)

func FuzzLoad(f *testing.F) {
	f.Add([]byte(bucket), []byte(`acl = "public-read"`), []byte(`resource "aws_s3_bucket" "b" { acl = "x" }`))
	f.Add([]byte("locals {\n  a = [for x in range(3) : x]\n}\nmodule \"m\" {\n  source = \"./\"\n}\n"), []byte("a = [1, {}]"), []byte("locals { a = 1 }"))
	f.Add([]byte("variable \"v\" {\n  type = object({ a = optional(map(string), {}) })\n}\nresource \"aws_x\" \"y\" {\n  count = var.v\n  dynamic \"z\" {\n    for_each = var.v\n    content {}\n  }\n}\n"), []byte(`v = { a = null }`), []byte("variable \"v\" {\n  default = 1\n}\n"))
	f.Fuzz(func(t *testing.T, code, values, over []byte) {
		if len(code)+len(values)+len(over) > 4<<10 {
			return
		}
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		loaded := Load([]work.File{{Path: "main.tf", Data: code}, {Path: "override.tf", Data: over}, {Path: "terraform.tfvars", Data: values}},
			Options{TFVars: []work.File{{Path: "x.tfvars.json", Data: values}}})
		for _, task := range loaded.Tasks(checkSet(t)) {
			if _, err := task.Do(ctx); err != nil {
				t.Fatal(err)
			}
		}
	})
}
