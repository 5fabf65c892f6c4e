package external

import (
	"math"
	"strings"
)

// cvssWeights are the numbers of CVSS v3.1, section 7.4. The privileges that
// are required weigh more when the scope changes.
func cvssWeights() map[string]float64 {
	return map[string]float64{
		"AV:N": 0.85, "AV:A": 0.62, "AV:L": 0.55, "AV:P": 0.2, "AC:L": 0.77, "AC:H": 0.44,
		"PR:N": 0.85, "PR:L": 0.62, "PR:H": 0.27, "PR:L/C": 0.68, "PR:H/C": 0.5, "UI:N": 0.85, "UI:R": 0.62,
		"C:H": 0.56, "C:L": 0.22, "C:N": 0, "I:H": 0.56, "I:L": 0.22, "I:N": 0, "A:H": 0.56, "A:L": 0.22, "A:N": 0,
	}
}

// cvssScore is the base score of a vector of CVSS 3.0 or 3.1, and 0 for
// anything else: the scores of CVSS 4 come from a table, which tools that use
// it have looked up.
func cvssScore(vector string) float64 {
	const longest = 200
	if len(vector) > longest || !strings.HasPrefix(vector, "CVSS:3.0/") && !strings.HasPrefix(vector, "CVSS:3.1/") {
		return 0
	}
	given := map[string]string{}
	for metric := range strings.SplitSeq(vector, "/") {
		name, value, _ := strings.Cut(metric, ":")
		given[name] = value
	}
	changed := given["S"] == "C"
	if !changed && given["S"] != "U" {
		return 0
	}
	weights, known := cvssWeights(), true
	w := func(name string) float64 {
		key := name + ":" + given[name]
		if v, ok := weights[key+"/C"]; ok && changed {
			return v
		}
		v, ok := weights[key]
		known = known && ok
		return v
	}
	base := 1 - (1-w("C"))*(1-w("I"))*(1-w("A"))
	impact, factor := 6.42*base, 1.0
	if changed {
		impact, factor = 7.52*(base-0.029)-3.25*math.Pow(base-0.02, 15), 1.08
	}
	exploitability := 8.22 * w("AV") * w("AC") * w("PR") * w("UI")
	if !known || impact <= 0 {
		return 0
	}
	return roundUp(min(factor*(impact+exploitability), 10))
}

// roundUp is the Roundup of CVSS v3.1, appendix A: to one decimal, without
// being led astray by how numbers are stored.
func roundUp(x float64) float64 {
	n := int(math.Round(x * 100_000))
	if n%10_000 == 0 {
		return float64(n) / 100_000
	}
	return float64(n/10_000+1) / 10
}
