package ignore

import (
	"testing"

	"github.com/scangate/scangate/finding"
)

func TestPackages(t *testing.T) {
	of := func(name, version, url string) *finding.Finding {
		return &finding.Finding{Package: &finding.Package{Name: name, Version: version, PURL: url}}
	}
	lodash, babel := of("lodash", "4.17.20", "pkg:npm/lodash@4.17.20"), of("@babel/core", "7.1.0", "pkg:npm/%40babel/core@7.1.0?arch=x&os=y")
	for _, tt := range []struct {
		pattern       string
		lodash, babel bool
	}{
		{"lodash", true, false}, {"LODASH", true, false}, {"lo*", true, false}, {"lodas", false, false}, {"lodash@4.*", true, false}, {"lodash@5*", false, false},
		{"@babel/*", false, true}, {"@babel/core@7.1.0", false, true}, {"pkg:npm/lodash", true, false}, {"pkg:npm/lodash@4.17.20", true, false},
		{"pkg:npm/lodash@4.17.2", false, false}, {"pkg:npm/*", true, true}, {"pkg:npm/@babel/core", false, true}, {"pkg:npm/%40babel/*@7*", false, true},
		{"pkg:npm/@babel/core?arch=x*", false, true}, {"pkg:npm/@babel/core?os=y", false, false}, {"pkg:pypi/*", false, false},
	} {
		c, err := ofPackage(tt.pattern)
		if err != nil || c(lodash) != tt.lodash || c(babel) != tt.babel || c(&finding.Finding{}) {
			t.Errorf("%s: %v %v %v", tt.pattern, err, c(lodash), c(babel))
		}
	}
}
