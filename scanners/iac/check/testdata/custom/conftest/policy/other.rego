package other

import rego.v1

violation contains {"msg": "the debugger listens"} if {
	input.debug.listen == true
}

warn_name contains "there is no name" if not input.name
