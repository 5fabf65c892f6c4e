package main

import rego.v1

import data.kubernetes

warn contains msg if {
	kubernetes.is_service
	msg := sprintf("Found service %s but services are not allowed", [input.metadata.name])
}

violation_port contains {"msg": msg, "details": {"port": port}} if {
	kubernetes.is_service
	some port in input.spec.ports
	port.port in data.services.ports
	msg := sprintf("port %d is for the gateway", [port.port])
}
