package user.kubernetes.legacy

__rego_metadata__ := {
	"id": "USR-0003",
	"title": "Containers do not run as root",
	"severity": "LOW",
	"recommended_actions": "Set runAsNonRoot.",
	"url": "https://example.com/root",
}

__rego_input__ := {"selector": [{"type": "kubernetes"}]}

import data.lib.kubernetes

deny[res] {
	container := kubernetes.containers[_]
	not container.securityContext.runAsNonRoot
	res := result.new(sprintf("%s may run as root", [container.name]), container)
}
