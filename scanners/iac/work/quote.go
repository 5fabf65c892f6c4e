package work

import "strings"

// Unquoted ends a message where some checks of Trivy go on to quote what they
// found, from a command or a value that may hold a secret.
func Unquoted(framework, message string) string {
	switch framework {
	case Kubernetes, Helm:
		message, _, _ = strings.Cut(message, " in key(s) or value(s) ")
	case Dockerfile:
		message, _, _ = strings.Cut(message, ": ")
	}
	return message
}
