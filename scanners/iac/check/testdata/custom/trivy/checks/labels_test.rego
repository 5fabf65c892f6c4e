package user.kubernetes.owner

test_owner {
	count(deny) == 0 with input as {"metadata": {"labels": {"owner": "a"}}}
}
