# METADATA
# title: Images come from the registry of the company
# description: Other registries are not mirrored.
# schemas:
#   - input: schema["dockerfile"]
# related_resources:
#   - https://example.com/registry
# custom:
#   id: USR-0001
#   aliases: [corp-registry]
#   short_code: corp-registry
#   severity: CRITICAL
#   recommended_action: Use registry.example.com.
#   input:
#     selector:
#       - type: dockerfile
package user.dockerfile.registry

import data.lib.docker
import rego.v1

deny contains res if {
	some from in docker.from
	not startswith(from.Value[0], data.registries.allowed)
	res := result.new(sprintf("%s is not from our registry", [from.Value[0]]), from)
}

deny_latest contains res if {
	some from in docker.from
	endswith(from.Value[0], ":latest")
	res := result.new("latest is not a version", from)
}
