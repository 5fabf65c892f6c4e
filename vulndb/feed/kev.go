package feed

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

// readKEV reads CISA's catalogue, and calls each for every entry.
func readKEV(data []byte, each func(id []byte, e Entry)) (content, error) {
	data = bytes.TrimPrefix(data, []byte("\xEF\xBB\xBF"))
	if err := notAPage(data); err != nil {
		return content{}, err
	}
	var catalogue struct {
		Version         string `json:"catalogVersion"`
		Released        string `json:"dateReleased"`
		Count           *int   `json:"count"`
		Vulnerabilities []struct {
			ID    string `json:"cveID"`
			Added string `json:"dateAdded"`
		} `json:"vulnerabilities"`
	}
	if err := json.Unmarshal(data, &catalogue); err != nil {
		return content{}, errors.New("it is not the JSON of a catalogue, or was cut short")
	}
	released, ok := parseDate(catalogue.Released)
	switch {
	case !ok || catalogue.Version == "":
		return content{}, errors.New("it has no catalogVersion and dateReleased: it is no KEV catalogue")
	case catalogue.Count == nil || *catalogue.Count != len(catalogue.Vulnerabilities):
		return content{}, fmt.Errorf("it has %d vulnerabilities, and says that it has another number", len(catalogue.Vulnerabilities))
	}
	for i, v := range catalogue.Vulnerabilities {
		id := []byte(strings.ToUpper(strings.TrimSpace(v.ID)))
		added, err := time.Parse(time.DateOnly, v.Added)
		switch {
		case !isCVE(id):
			return content{}, fmt.Errorf("its vulnerability %d has no CVE id", i+1)
		case err != nil || added.After(released.Add(clockSkew)):
			return content{}, fmt.Errorf("its vulnerability %d has no date at which it was added, or one after that of the catalogue", i+1)
		}
		each(id, Entry{Added: v.Added})
	}
	return content{released, len(catalogue.Vulnerabilities)}, nil
}

// parseDate reads a date in one of the forms in which feeds have been dated.
func parseDate(s string) (time.Time, bool) {
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05-0700", time.DateOnly} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC(), true
		}
	}
	return time.Time{}, false
}

// notAPage tells what somebody between us and the source often answers instead.
func notAPage(data []byte) error {
	if start := bytes.TrimSpace(data[:min(len(data), 1024)]); len(start) > 0 && start[0] == '<' {
		return errors.New("it is a web page")
	}
	return nil
}

// isCVE reports whether id is one, in capitals.
func isCVE(id []byte) bool {
	const year = len("CVE-2026")
	if len(id) < year+5 || len(id) > year+20 || string(id[:4]) != "CVE-" || id[year] != '-' {
		return false
	}
	for i := 4; i < len(id); i++ {
		if i != year && (id[i] < '0' || id[i] > '9') {
			return false
		}
	}
	return true
}
