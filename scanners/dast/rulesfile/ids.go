package rulesfile

import "slices"

// passiveRules are the ids below 20000 that ZAP and its add-ons use, or have
// used: rules files keep what their authors once generated.
var passiveRules = []int{
	0, 2, 3, 6, 7, 41, 42, 43,
	10003, 10004, 10006, 10009, 10010, 10011, 10012, 10013, 10014, 10015, 10016, 10017, 10018, 10019,
	10020, 10021, 10022, 10023, 10024, 10025, 10026, 10027, 10028, 10029,
	10030, 10031, 10032, 10033, 10034, 10035, 10036, 10037, 10038, 10039,
	10040, 10041, 10042, 10043, 10044, 10045, 10046, 10047, 10048, 10049,
	10050, 10051, 10052, 10053, 10054, 10055, 10056, 10057, 10058, 10061, 10062, 10063, 10070,
	10094, 10095, 10096, 10097, 10098, 10099,
	10101, 10102, 10103, 10104, 10105, 10106, 10107, 10108, 10109, 10110, 10111, 10112, 10113, 10114, 10115, 10116,
	10200, 10201, 10202, 10203,
}

// ranges are where ZAP's other ids are: active rules, the rules for scripts,
// those of the SOAP and GraphQL add-ons, and from 100000 on scripts of its
// users and WebSocket rules. New ones appear there with every release.
var ranges = [][2]int{{20012, 20099}, {30001, 30099}, {40003, 40099}, {50000, 50099}, {60000, 60199}, {90001, 90099}, {100_000, 999_999}}

// plausible tells whether an id may be a rule's of ZAP or of its users.
func plausible(id int) bool {
	for _, r := range ranges {
		if id >= r[0] && id <= r[1] {
			return true
		}
	}
	_, found := slices.BinarySearch(passiveRules, id)
	return found
}
