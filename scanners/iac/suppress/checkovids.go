package suppress

import "slices"

// A counterpart is a check of Checkov's with the checks here that mean the
// same, or a part of it, so that a mark for it hides nothing that its author
// did not speak of.
type counterpart struct {
	theirs string
	ours   []string
}

// A joint is a check here that means what several of Checkov's do together:
// it is passed over where all of them are.
type joint struct {
	ours string
	all  []string
}

// counterparts returns the checks here that a check of Checkov's stands for.
func counterparts(id string) []string {
	for _, part := range tables {
		for _, c := range part {
			if c.theirs == id {
				return c.ours
			}
		}
	}
	return nil
}

// Counterpart returns the check here that means the same as a check of
// Checkov's, where it is one and stands for no other.
func Counterpart(id string) (string, bool) {
	ours := counterparts(id)
	if len(ours) != 1 {
		return "", false
	}
	n := 0
	for _, part := range tables {
		for _, c := range part {
			if slices.Contains(c.ours, ours[0]) {
				n++
			}
		}
	}
	return ours[0], n == 1
}

// jointly returns the checks here that a check of Checkov's is a part of.
func jointly(id string) []joint {
	var found []joint
	for _, j := range joints {
		if slices.Contains(j.all, id) {
			found = append(found, j)
		}
	}
	return found
}

// joints are few. They do not change.
var joints = []joint{
	{"AWS-0105", []string{"CKV_AWS_231", "CKV_AWS_232"}},
	{"AWS-0107", []string{"CKV_AWS_24", "CKV_AWS_25"}},
	{"AWS-0109", []string{"CKV_AWS_155", "CKV_AWS_156"}},
}

// tables have the checks of Checkov 3.3.30 by their ids. They do not change.
// The table in docs/iac-suppressions.md is made of them.
var tables = [][]counterpart{awsTable, azureTable, otherTable}
