package report

import (
	"slices"
	"strings"
)

// licenceIDs are identifiers of the SPDX licence list, as far as packages
// commonly have them. What is not among them is passed on as a name: that is
// always true, only less handy.
func licenceIDs() []string {
	return strings.Fields(`0BSD AFL-2.1 AFL-3.0 AGPL-1.0 AGPL-3.0 AGPL-3.0-only AGPL-3.0-or-later Apache-1.0 Apache-1.1
		Apache-2.0 APSL-2.0 Artistic-1.0 Artistic-1.0-Perl Artistic-2.0 BlueOak-1.0.0 BSD-1-Clause BSD-2-Clause BSD-2-Clause-Patent
		BSD-3-Clause BSD-3-Clause-Clear BSD-4-Clause BSL-1.0 bzip2-1.0.6 CC-BY-3.0 CC-BY-4.0 CC-BY-SA-3.0 CC-BY-SA-4.0 CC0-1.0
		CDDL-1.0 CDDL-1.1 CPL-1.0 curl ECL-2.0 EPL-1.0 EPL-2.0 EUPL-1.1 EUPL-1.2 FTL GFDL-1.2 GFDL-1.3 GPL-1.0 GPL-1.0-only
		GPL-1.0-or-later GPL-2.0 GPL-2.0-only GPL-2.0-or-later GPL-3.0 GPL-3.0-only GPL-3.0-or-later HPND ICU IJG Intel IPL-1.0 ISC
		JSON LGPL-2.0 LGPL-2.0-only LGPL-2.0-or-later LGPL-2.1 LGPL-2.1-only LGPL-2.1-or-later LGPL-3.0 LGPL-3.0-only
		LGPL-3.0-or-later Libpng LPL-1.02 MIT MIT-0 MPL-1.0 MPL-1.1 MPL-2.0 MS-PL MS-RL NCSA NTP OFL-1.1 OLDAP-2.8 OpenSSL OSL-3.0
		PHP-3.0 PHP-3.01 PostgreSQL PSF-2.0 Python-2.0 QPL-1.0 Ruby Sleepycat TCL Unicode-DFS-2016 Unlicense UPL-1.0 Vim
		W3C WTFPL X11 Zend-2.0 Zlib zlib-acknowledgement ZPL-2.0 ZPL-2.1`)
}

func licenceExceptions() []string {
	return strings.Fields(`Autoconf-exception-2.0 Autoconf-exception-3.0 Bison-exception-2.2 Classpath-exception-2.0 Font-exception-2.0
		GCC-exception-2.0 GCC-exception-3.1 Libtool-exception LLVM-exception OpenJDK-assembly-exception-1.0 openvpn-openssl-exception`)
}

// licences tells identifiers and expressions from names.
type licences struct{ ids, exceptions map[string]bool }

func newLicences() licences {
	set := func(list []string) map[string]bool {
		out := map[string]bool{}
		for _, id := range list {
			out[id] = true
		}
		return out
	}
	return licences{set(licenceIDs()), set(licenceExceptions())}
}

// isExpression reports whether s is an expression of SPDX (annex D) whose every
// identifier is known.
func (l licences) isExpression(s string) bool {
	words := strings.Fields(strings.ReplaceAll(strings.ReplaceAll(s, "(", " ( "), ")", " ) "))
	depth, operand := 0, false // operand: the word before was the end of one
	for i := 0; i < len(words); i++ {
		switch w := words[i]; {
		case w == "(":
			if operand {
				return false
			}
			depth++
		case w == ")":
			if depth--; !operand || depth < 0 {
				return false
			}
		case w == "AND" || w == "OR":
			if !operand {
				return false
			}
			operand = false
		case w == "WITH":
			if i++; !operand || words[i-2] == ")" || i == len(words) || !l.exceptions[words[i]] {
				return false
			}
		default:
			if operand || !l.ids[strings.TrimSuffix(w, "+")] {
				return false
			}
			operand = true
		}
	}
	return operand && depth == 0
}

// licencesOf cleans what a package says of its licences.
func licencesOf(list []string) []string {
	const most = 20
	var out []string
	for _, s := range list {
		if s = short(s, 300); s != "" && len(out) < most && !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}
