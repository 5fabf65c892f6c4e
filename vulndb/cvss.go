package vulndb

import (
	"errors"
	"math"
	"strings"

	dbtypes "github.com/aquasecurity/trivy-db/pkg/types"
)

// BaseScore computes the base score of a CVSS vector of version 2.0, 3.0 or
// 3.1, by the formulas of FIRST's specifications. Other metrics than those of
// the base are passed over.
func BaseScore(vector string) (float64, error) {
	metrics := map[string]string{}
	for _, part := range strings.Split(strings.TrimSuffix(vector, "/"), "/") {
		name, value, ok := strings.Cut(part, ":")
		if _, twice := metrics[name]; !ok || twice {
			return 0, errVector
		}
		metrics[name] = value
	}
	switch metrics["CVSS"] {
	case "3.0", "3.1":
		return score3(metrics)
	case "":
		return score2(metrics)
	}
	return 0, errVector
}

var errVector = errors.New("this is no CVSS vector of version 2 or 3")

// weights looks metrics up. A value without a weight makes it fail.
type weights struct {
	metrics map[string]string
	failed  bool
}

func (w *weights) of(metric string, values map[string]float64) float64 {
	weight, ok := values[w.metrics[metric]]
	w.failed = w.failed || !ok
	return weight
}

func score3(metrics map[string]string) (float64, error) {
	w := weights{metrics: metrics}
	impact := map[string]float64{"H": 0.56, "L": 0.22, "N": 0}
	changed := w.of("S", map[string]float64{"U": 0, "C": 1}) == 1
	privileges := map[string]float64{"N": 0.85, "L": 0.62, "H": 0.27}
	if changed {
		privileges = map[string]float64{"N": 0.85, "L": 0.68, "H": 0.5}
	}
	lost := 1 - (1-w.of("C", impact))*(1-w.of("I", impact))*(1-w.of("A", impact))
	exploitability := 8.22 * w.of("AV", map[string]float64{"N": 0.85, "A": 0.62, "L": 0.55, "P": 0.2}) *
		w.of("AC", map[string]float64{"L": 0.77, "H": 0.44}) * w.of("PR", privileges) * w.of("UI", map[string]float64{"N": 0.85, "R": 0.62})
	if w.failed {
		return 0, errVector
	}
	total := 6.42*lost + exploitability
	if changed {
		lost = 7.52*(lost-0.029) - 3.25*math.Pow(lost-0.02, 15)
		total = 1.08 * (lost + exploitability)
	}
	if lost <= 0 {
		return 0, nil
	}
	return roundUp(min(total, 10)), nil
}

// roundUp rounds to the next tenth, as version 3.1 defines it: not misled by
// how floating point numbers are stored.
func roundUp(score float64) float64 {
	n := int(math.Round(score * 100_000))
	if n%10_000 == 0 {
		return float64(n) / 100_000
	}
	return float64(n/10_000+1) / 10
}

func score2(metrics map[string]string) (float64, error) {
	w := weights{metrics: metrics}
	impact := map[string]float64{"C": 0.66, "P": 0.275, "N": 0}
	lost := 10.41 * (1 - (1-w.of("C", impact))*(1-w.of("I", impact))*(1-w.of("A", impact)))
	exploitability := 20 * w.of("AV", map[string]float64{"N": 1, "A": 0.646, "L": 0.395}) *
		w.of("AC", map[string]float64{"L": 0.71, "M": 0.61, "H": 0.35}) * w.of("Au", map[string]float64{"N": 0.704, "S": 0.56, "M": 0.45})
	if w.failed {
		return 0, errVector
	}
	if lost == 0 {
		return 0, nil
	}
	return math.Round((0.6*lost+0.4*exploitability-1.5)*1.176*10) / 10, nil
}

// rating is the severity of a base score, by the scale of version 3.
func rating(score float64) dbtypes.Severity {
	switch {
	case score >= 9:
		return dbtypes.SeverityCritical
	case score >= 7:
		return dbtypes.SeverityHigh
	case score >= 4:
		return dbtypes.SeverityMedium
	case score > 0:
		return dbtypes.SeverityLow
	}
	return dbtypes.SeverityUnknown
}
