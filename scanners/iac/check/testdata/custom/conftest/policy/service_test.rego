package main

test_service {
	count(warn) == 1 with input as {"kind": "Service", "metadata": {"name": "a"}}
}
