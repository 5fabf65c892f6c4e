package finding

import "slices"

// CodeScanning is the Source of a Suppression that stands for the dismissal of
// an alert on GitHub code scanning.
const CodeScanning = "code scanning"

// Dismissed reports whether f has an alert on code scanning that somebody
// dismissed. Unlike other suppressed findings it is uploaded all the same: if
// it were left out, its alert would close as fixed, nobody could read the
// dismissal any more, and the finding would be back with the next scan.
func (f *Finding) Dismissed() bool {
	return slices.ContainsFunc(f.Suppressions, func(s Suppression) bool { return s.Source == CodeScanning })
}

// hidden counts the marks that keep f out of uploads.
func hidden(f *Finding) int {
	if f.Dismissed() {
		return 0
	}
	return len(f.Suppressions)
}
