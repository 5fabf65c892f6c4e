package finding

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCVEs(t *testing.T) {
	for _, tt := range []struct {
		f    Finding
		want []string
	}{
		{Finding{RuleID: "cve-2021-1"}, []string{"CVE-2021-1"}},
		{Finding{RuleID: "GHSA-x", Aliases: []string{"CVE-2021-1", "CVE-", "PYSEC-1", "Cve-2020-2"}}, []string{"CVE-2021-1", "CVE-2020-2"}},
		{Finding{RuleID: "CWE-79"}, nil},
		{Finding{}, nil},
	} {
		if d := cmp.Diff(tt.want, tt.f.CVEs()); d != "" {
			t.Error(d)
		}
	}
}

// TestMergeFeeds: what findings were looked up in stays only if all were.
func TestMergeFeeds(t *testing.T) {
	monday, tuesday := Feed{FeedKEV, "2026-11-23T00:00:00Z", 1400}, Feed{FeedKEV, "2026-11-24T00:00:00Z", 1401}
	scores := Feed{FeedEPSS, "2026-11-23T00:00:00Z", 300_000}
	job := func(rule string, feeds ...Feed) Results {
		f := Finding{RuleID: rule, Fingerprint: rule}
		for _, feed := range feeds {
			if feed.Name == FeedKEV {
				f.Exploited = "2022-01-02"
			} else {
				f.EPSS = 0.5
			}
		}
		return Results{Feeds: feeds, Runs: []Run{{Scanner: "dependency", Status: Completed, Findings: []Finding{f}}}}
	}
	for name, tt := range map[string]struct {
		jobs []Results
		want []Feed
	}{
		"one":                        {[]Results{job("CVE-2020-1", monday, scores)}, []Feed{scores, monday}},
		"none":                       {[]Results{job("CVE-2020-1")}, nil},
		"agreed":                     {[]Results{job("CVE-2020-1", monday), job("CVE-2020-2", monday)}, []Feed{monday}},
		"other days":                 {[]Results{job("CVE-2020-1", monday, scores), job("CVE-2020-2", tuesday, scores)}, []Feed{scores}},
		"one without":                {[]Results{job("CVE-2020-1", monday), job("CVE-2020-2")}, nil},
		"another without":            {[]Results{job("CVE-2020-1"), job("CVE-2020-2", monday)}, nil},
		"without, and it needs none": {[]Results{job("CVE-2020-1", monday), job("a-secret")}, []Feed{monday}},
		"nobody":                     {nil, nil},
	} {
		got := Merge(tt.jobs)
		if d := cmp.Diff(tt.want, got.Feeds); d != "" {
			t.Errorf("%s: %s", name, d)
		}
		for _, run := range got.Runs {
			for _, f := range run.Findings {
				if f.Exploited != "" && got.Feed(FeedKEV) == nil || f.EPSS > 0 && got.Feed(FeedEPSS) == nil {
					t.Errorf("%s: %s keeps what is not known of all: %+v", name, f.RuleID, f)
				}
				if f.Exploited == "" && got.Feed(FeedKEV) != nil && len(f.CVEs()) > 0 {
					t.Errorf("%s: %s has lost its mark", name, f.RuleID)
				}
			}
		}
	}
}
