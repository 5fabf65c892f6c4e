// Package plugin runs scanners of one's own: programs that the configuration
// declares under `plugins`, that are verified before they run, and that say in
// SARIF what they found. docs/plugins.md is the contract that they keep.
package plugin

import (
	"fmt"
	"regexp"
	"strconv"
)

// Contract is the version of the contract that this scangate speaks. A higher
// minor adds to what a plug-in may rely on, a higher major breaks with it.
const Contract = "1.0"

// compatible tells whether a plug-in that is written for one version of the
// contract can be run by a scangate that speaks another.
func compatible(declared, spoken string) error {
	form := regexp.MustCompile(`^([0-9]{1,3})\.([0-9]{1,3})$`)
	d, s := form.FindStringSubmatch(declared), form.FindStringSubmatch(spoken)
	if d == nil || s == nil {
		return fmt.Errorf("contract: %q is not of the form major.minor, such as %s", declared, spoken)
	}
	number := func(digits string) int { n, _ := strconv.Atoi(digits); return n }
	switch {
	case number(d[1]) != number(s[1]):
		return fmt.Errorf("contract: the plug-in is written for contract %s, and this scangate speaks %s: use versions of both that agree", declared, spoken)
	case number(d[2]) > number(s[2]):
		return fmt.Errorf("contract: the plug-in needs contract %s, and this scangate speaks %s: update scangate", declared, spoken)
	}
	return nil
}
