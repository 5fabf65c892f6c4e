package main

import (
	"time"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/policy"
)

// exampleCases has a finding for each row of each example, and one just beside
// it where the row has a limit.
func exampleCases() map[string][]exampleCase {
	ago := func(days int) string { return time.Now().UTC().AddDate(0, 0, -days).Format(time.DateOnly) }
	in := func(s finding.Severity, path string) finding.Finding {
		return finding.Finding{Severity: s, Location: finding.Location{Path: path}}
	}
	framework := func(s finding.Severity, name string) finding.Finding {
		return finding.Finding{Severity: s, Framework: name}
	}
	of := func(s finding.Severity, name, purl string) finding.Finding {
		return finding.Finding{Severity: s, Package: &finding.Package{Ecosystem: "npm", Name: name, Version: "1.0.0", PURL: purl}}
	}
	unfixed := func(s finding.Severity) finding.Finding { return of(s, "left-pad", "pkg:npm/left-pad@1.0.0") }
	id := func(f finding.Finding, id string, aliases ...string) finding.Finding {
		f.RuleID, f.Aliases = id, aliases
		return f
	}
	fixed := of(finding.High, "express", "pkg:npm/express@1.0.0")
	fixed.Package.FixedVersion, fixed.Published = "2.0.0", ago(14)
	fresh := fixed
	fresh.Published = ago(3)
	development := of(finding.Critical, "webpack", "pkg:npm/webpack@5.0.0")
	development.Package.Dev = true
	old := of(finding.Low, "minimist", "pkg:npm/minimist@1.0.0")
	old.Package.Relationship, old.Published = "indirect", ago(400)
	scored := in(finding.Medium, "services/payment/go.mod")
	scored.Score = 4.3
	debian := of(finding.Critical, "zlib1g", "pkg:deb/debian/zlib1g@1.2")
	debian.Package.Ecosystem = "deb"
	printed := in(finding.High, "docs/a.md")
	printed.Fingerprint = "5f1d7a84db00d2fce00b31a7fc73224f"
	atty := of(finding.Medium, "atty", "pkg:cargo/atty@0.2.14")
	locked := of(finding.High, "lodash", "pkg:npm/lodash@4.17.20")
	locked.Location.Path = "web/package-lock.json"

	t := func(name string) string { return "policy.thresholds." + name }
	const critical, high, medium, low, info = finding.Critical, finding.High, finding.Medium, finding.Low, finding.Info
	const fail, warn, pass, ignored = policy.Fail, policy.Warn, policy.Pass, policy.Ignored
	return map[string][]exampleCase{
		"hardening-guide.yaml": {
			{row: t("npm-audit"), scanner: "npm-audit", finding: in(critical, "a"), want: fail},
			{row: t("npm-audit"), scanner: "npm-audit", finding: in(high, "a"), want: warn},
			{row: t("cargo-audit"), scanner: "cargo-audit", finding: in(info, "a"), want: fail},
			{row: t("codeql"), scanner: "codeql", finding: in(high, "a"), want: fail},
			{row: t("codeql"), scanner: "codeql", finding: in(medium, "a"), want: warn},
			{row: t("trivy"), scanner: "trivy", finding: in(high, "a"), want: fail},
			{row: t("trivy"), scanner: "trivy", finding: in(medium, "a"), want: warn},
			{row: t("image"), scanner: "image", finding: in(high, "a"), want: fail},
			{row: t("image"), scanner: "image", finding: in(medium, "a"), want: warn},
			{row: t("gitleaks"), scanner: "gitleaks", finding: in(low, "a"), want: fail},
			{row: t("secret"), scanner: "secret", finding: in(low, "a"), want: fail},
			{row: t("checkov.terraform"), scanner: "checkov", finding: framework(low, "terraform"), want: fail},
			{row: t("checkov.kubernetes"), scanner: "checkov", finding: framework(critical, "kubernetes"), want: warn},
			{row: t("iac.terraform"), scanner: "iac", finding: framework(low, "terraform"), want: fail},
			{row: t("iac.kubernetes"), scanner: "iac", finding: framework(critical, "kubernetes"), want: warn},
			{row: t("dependency"), scanner: "dependency", finding: in(critical, "a"), want: fail},
			{row: t("dependency"), scanner: "dependency", finding: in(high, "a"), want: warn},
		},
		"policy.yaml": {
			{row: "policy.rules.leaked secrets", scanner: "secret", finding: in(low, "docs/setup.md"), want: fail},
			{row: "policy.rules.leaked secrets", scanner: "gitleaks", finding: in(low, "docs/setup.md"), want: fail},
			{row: "policy.rules.not shipped", scanner: "iac", finding: in(high, "infra/testdata/bad.tf"), want: ignored},
			{row: "policy.rules.not shipped", scanner: "dependency", finding: in(high, "docs/go.mod"), want: ignored},
			{row: "policy.rules.exploited", scanner: "dependency", finding: development, kev: true, want: fail},
			{row: "policy.rules.exploited", scanner: "image", finding: debian, kev: true, want: fail},
			{row: "policy.rules.soon exploited", scanner: "dependency", finding: fresh, epss: 0.1, want: fail},
			{row: "policy.rules.development only", scanner: "dependency", finding: development, want: warn},
			{row: "policy.rules.a fix is out", scanner: "dependency", finding: fixed, want: fail},
			{row: "policy.rules.a fix is out", scanner: "image", finding: fixed, want: fail},
			{row: "policy.rules.a fix is out", scanner: "dependency", finding: fresh, want: warn},
			{row: "policy.rules.injection", scanner: "codeql", finding: in(medium, "web/app.js"), tags: []string{"external/cwe/cwe-079"}, want: fail},
			{row: "policy.rules.the payment service", scanner: "dependency", finding: scored, want: fail},
			{row: "policy.rules.the base image", scanner: "image", target: "shop-base:12", finding: debian, want: warn},
			{row: "policy.rules.old news", scanner: "dependency", finding: old, want: ignored},
			{row: t("dependency"), scanner: "dependency", finding: unfixed(critical), want: fail},
			{row: t("dependency"), scanner: "dependency", finding: unfixed(high), count: 5, want: warn},
			{row: t("dependency.max.high"), scanner: "dependency", finding: unfixed(high), count: 6, want: fail},
			{row: t("iac.terraform"), scanner: "iac", finding: framework(medium, "terraform"), want: fail},
			{row: t("iac.terraform"), scanner: "iac", finding: framework(low, "terraform"), want: warn},
			{row: t("iac.kubernetes"), scanner: "iac", finding: framework(critical, "kubernetes"), want: warn},
		},
		"ignores.yaml": {
			{row: "ignore[0]", scanner: "dependency", finding: id(locked, "GHSA-35jh-r3h4-6jhm", "CVE-2021-23337"), want: ignored},
			{row: "ignore[1]", scanner: "cargo-audit", finding: id(atty, "RUSTSEC-2021-0145"), want: ignored},
			{row: "ignore[2]", scanner: "iac", finding: id(in(high, "a/testdata/b/Dockerfile"), "DS-0002"), want: ignored},
			{row: "ignore[2]", scanner: "image", finding: id(in(high, "testdata/Dockerfile"), "DS-0002"), want: ignored},
			{row: "ignore[3]", scanner: "secret", finding: printed, want: ignored},
			{row: "ignore[4]", scanner: "dependency", finding: id(of(high, "lodash", "pkg:npm/lodash@4.17.15"), "CVE-2020-8203"), want: ignored},
		},
		"vex.yaml": {
			{row: "vex[0]", scanner: "dependency", finding: id(of(high, "lodash", "pkg:npm/lodash@4.17.15"), "CVE-2020-8203"), want: ignored},
			{row: "vex[1]", scanner: "dependency", finding: id(of(high, "express", "pkg:npm/express@4.0.0"), "CVE-2024-1"), want: ignored},
		},
		"baseline.yaml": {
			{row: "policy.baseline", scanner: "secret", finding: in(high, "a"), want: pass},
			{row: t("dependency"), scanner: "dependency", finding: in(critical, "a"), want: warn},
			{row: t("dependency"), scanner: "dependency", finding: in(low, "a"), want: pass},
		},
	}
}
