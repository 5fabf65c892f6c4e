package external

import "slices"

// Words lists what a key of a tool's section takes where that is one of some
// words, by "tool.key": the schema of the configuration is made of it.
func Words() map[string][]string {
	var languages []string
	for _, l := range codeqlLanguages() {
		if l.runs == "" {
			languages = append(append(languages, l.name), l.also...)
		}
	}
	return map[string][]string{
		"codeql.languages":   languages,
		"checkov.frameworks": slices.Clone(checkovFrameworks[:]),
		"codeql.suite":       codeqlSuites(),
		"trivy.command":      trivyCommands(),
		"trivy.scanners":     trivyScanners(),
		"zizmor.persona":     slices.Clone(zizmorPersonas),
	}
}
