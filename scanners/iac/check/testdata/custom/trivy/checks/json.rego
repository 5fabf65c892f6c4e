# METADATA
# title: Debugging is off
# custom:
#   id: USR-0005
#   severity: HIGH
#   input:
#     selector:
#       - type: json
package user.json.debug

deny[msg] {
	input.debug == true
	msg := "debugging is on"
}
