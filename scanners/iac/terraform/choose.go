package terraform

import (
	"path"
	"strings"
	"time"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners/iac/work"
)

// Options are what is known about the code besides the code.
type Options struct {
	// TFVars are files of values, as for -var-file: they count for every root
	// module that declares the variable, more than the files of values that
	// lie in the module, and later ones more than earlier ones.
	TFVars []work.File

	// Workspace is what terraform.workspace comes to; empty means "default".
	Workspace string

	// Now is what marks that expire are held against.
	Now time.Time

	// Raw has checks judge the blocks of the modules, too, as they are written.
	Raw bool
}

func (o Options) workspace() string {
	if o.Workspace == "" {
		return "default"
	}
	return o.Workspace
}

// IsFile reports whether Load has a use for a file, by its name without the
// directory: code of Terraform or OpenTofu, or values that they load by
// themselves.
func IsFile(base string) bool {
	return isCode(strings.ToLower(base)) || isValues(base)
}

func isCode(base string) bool {
	base = strings.TrimSuffix(base, ".json")
	return strings.HasSuffix(base, ".tf") || strings.HasSuffix(base, ".tofu")
}

// isValues reports whether a file's values are loaded without being asked for.
func isValues(base string) bool {
	base = strings.TrimSuffix(base, ".json")
	return base == "terraform.tfvars" || strings.HasSuffix(base, ".auto.tfvars")
}

// isOverride reports whether a file of code changes what others say.
func isOverride(base string) bool {
	base = strings.TrimSuffix(base, ".json")
	for _, ext := range []string{".tf", ".tofu"} {
		if stem, ok := strings.CutSuffix(base, ext); ok {
			return stem == "override" || strings.HasSuffix(stem, "_override")
		}
	}
	return false
}

// choose splits the files into code and values. A file of Terraform is left
// out where one of the same name is there for OpenTofu, as OpenTofu does it:
// both in one module would be two of each resource.
func (tf *Code) choose(files []work.File) (code, values []work.File) {
	names := make(map[string]bool, len(files))
	for _, f := range files {
		names[f.Path] = true
	}
	for _, f := range files {
		switch base := path.Base(f.Path); {
		case isValues(base):
			values = append(values, f)
		case names[tofuName(f.Path)]:
			tf.Notes = append(tf.Notes, finding.Note{Level: finding.Information, Path: f.Path,
				Message: "not scanned: OpenTofu reads " + path.Base(tofuName(f.Path)) + " in its place"})
		case isCode(strings.ToLower(base)):
			code = append(code, f)
		}
	}
	return code, values
}

// tofuName is the file that OpenTofu reads in the place of a file of
// Terraform, or empty.
func tofuName(name string) string {
	if stem, ok := strings.CutSuffix(name, ".tf"); ok {
		return stem + ".tofu"
	}
	if stem, ok := strings.CutSuffix(name, ".tf.json"); ok {
		return stem + ".tofu.json"
	}
	return ""
}
