# METADATA
# title: Workloads have an owner
# custom:
#   id: USR-0002
#   severity: MEDIUM
#   input:
#     selector:
#       - type: kubernetes
#         subtypes:
#           - kind: deployment
package user.kubernetes.owner

deny[res] {
	not input.metadata.labels.owner
	res := result.new(sprintf("%s %s has no label owner", [input.kind, input.metadata.name]), input.metadata)
}

deny[msg] {
	input.metadata.name == "second"
	msg := sprintf("there are %d namespaces", [count([n | n := data.namespaces[_]; startswith(n, "user.")])])
}
