package main

import data.kubernetes

name = input.metadata.name

deny_run_as_root[msg] {
	kubernetes.is_deployment
	not input.spec.template.spec.securityContext.runAsNonRoot

	msg = sprintf("Containers must not run as root in Deployment %s", [name])
}

deny[msg] {
	kubernetes.is_deployment
	not input.spec.selector.matchLabels.app

	msg = "Containers must provide app label for pod selectors"
}

exception[rules] {
	kubernetes.is_deployment
	input.metadata.name == data.services.exempt[_]
	rules = ["run_as_root"]
}
