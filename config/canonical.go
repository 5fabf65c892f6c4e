package config

import "encoding/json"

// Canonical writes a section without its layout and comments, the same bytes
// for the same content; nothing for an absent one.
func (s Section) Canonical() ([]byte, error) {
	if s.Absent() {
		return nil, nil
	}
	var v any
	if err := s.node.Decode(&v); err != nil {
		return nil, err
	}
	return json.Marshal(v) // which sorts keys
}
