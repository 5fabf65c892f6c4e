# METADATA
# title: Ports are not those of services that are closed
# custom:
#   id: USR-0004
#   severity: HIGH
#   input:
#     selector:
#       - type: yaml
package user.yaml.ports

import rego.v1

deny contains {"msg": sprintf("port %d is closed", [p]), "startline": 2, "endline": 3} if {
	some p in input.ports
	p in {23, 25}
}
