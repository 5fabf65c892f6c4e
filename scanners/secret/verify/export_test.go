package verify

// Samples is a secret for each rule, for tests outside: the secret scanner
// will import this package, so tests that import it cannot be inside.
func Samples() map[string]string {
	all := map[string]string{"aws-access-token": "AKIA" + random(600, 16, upper+"234567")}
	for _, p := range documented() {
		all[p.rule] = p.secret
	}
	return all
}
