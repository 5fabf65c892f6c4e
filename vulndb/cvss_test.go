package vulndb

import "testing"

func TestBaseScore(t *testing.T) {
	for vector, want := range map[string]float64{
		"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H":                     9.8,
		"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H":                     10,
		"CVSS:3.0/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N":                     6.1,
		"CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:C/C:H/I:H/A:H":                     8.8,
		"CVSS:3.1/AV:P/AC:H/PR:H/UI:R/S:U/C:L/I:N/A:N":                     1.6,
		"CVSS:3.1/AV:A/AC:H/PR:L/UI:N/S:U/C:N/I:L/A:H":                     5.4,
		"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:N/I:N/A:N":                     0,
		"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H/E:P/RL:O/RC:C/CR:L/": 9.8,
		"AV:N/AC:L/Au:N/C:C/I:C/A:C":                                       10,
		"AV:N/AC:L/Au:N/C:N/I:N/A:P":                                       5,
		"AV:L/AC:M/Au:S/C:P/I:P/A:P":                                       4.1,
		"AV:N/AC:M/Au:N/C:N/I:N/A:N":                                       0,
	} {
		if got, err := BaseScore(vector); err != nil || got != want {
			t.Errorf("%s: %v, %v, want %v", vector, got, err, want)
		}
	}
	for _, vector := range []string{"", "/", "CVSS:3.1", "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N", "hello",
		"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H", "CVSS:3.1/AV:X/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", "CVSS:3.1/AV:N/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
		"AV:N/AC:L/C:C/I:C/A:C"} {
		if got, err := BaseScore(vector); err == nil {
			t.Errorf("%s: %v", vector, got)
		}
	}
}

// TestScoresOfFacts compares with scores that were published.
func TestScoresOfFacts(t *testing.T) {
	files, err := readFacts(sampleFacts)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, file := range files {
		for _, f := range file.Advisories {
			if f.CVSS.Vector == "" {
				continue
			}
			n++
			if got, err := BaseScore(f.CVSS.Vector); err != nil || got != f.CVSS.Score {
				t.Errorf("%s: %s is %v, %v, not %v", f.place, f.CVSS.Vector, got, err, f.CVSS.Score)
			}
		}
	}
	if n < 30 {
		t.Errorf("only %d vectors", n)
	}
}
