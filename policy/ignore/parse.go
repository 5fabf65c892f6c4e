package ignore

import (
	"slices"
	"strings"
	"time"

	"github.com/scangate/scangate/config"
	"github.com/scangate/scangate/policy/pattern"
	"github.com/scangate/scangate/text"
)

// Justifications are the reasons that VEX documents know for a product not to
// be affected.
func Justifications() []string {
	return []string{
		"component_not_present", "inline_mitigations_already_exist", "vulnerable_code_cannot_be_controlled_by_adversary",
		"vulnerable_code_not_in_execute_path", "vulnerable_code_not_present",
	}
}

// raw is an entry as it stands in the file.
type raw struct {
	ID            config.Section `yaml:"id"`
	Rule          config.Section `yaml:"rule"`
	Fingerprint   config.Section `yaml:"fingerprint"`
	Package       config.Section `yaml:"package"`
	Path          config.Section `yaml:"path"`
	Scanner       config.Section `yaml:"scanner"`
	Reason        config.Section `yaml:"reason"`
	Expires       config.Section `yaml:"expires"`
	Permanent     config.Section `yaml:"permanent"`
	Justification config.Section `yaml:"justification"`
}

// Parse reads the section ignore of a configuration. scanners are the names
// that an entry may use. Errors name file, line, column and the remedy.
func Parse(section config.Section, scanners []string) (List, error) {
	var entries []config.Section
	if err := section.Decode(&entries); err != nil {
		return List{}, err
	}
	var out List
	for _, s := range entries {
		e, err := parseEntry(s, scanners)
		if err != nil {
			return List{}, err
		}
		out.Entries = append(out.Entries, e)
	}
	return out, nil
}

func parseEntry(s config.Section, scanners []string) (Entry, error) {
	var r raw
	if s.Absent() {
		return Entry{}, s.Errorf("ignore: the entry is empty: want id, rule or fingerprint, and a reason")
	}
	if err := s.Decode(&r); err != nil {
		return Entry{}, err
	}
	e := Entry{Origin: s.Position()}
	for _, field := range []struct {
		from config.Section
		key  string
		to   *string
		add  func(word string) (condition, error)
	}{
		{r.ID, "id", &e.ID, func(w string) (condition, error) { return named(strings.ToLower(w)), nil }},
		{r.Rule, "rule", &e.Rule, func(w string) (condition, error) { return ofRule(strings.ToLower(w)), nil }},
		{r.Fingerprint, "fingerprint", &e.Fingerprint, func(w string) (condition, error) { return printed(strings.ToLower(w)), nil }},
		{r.Package, "package", &e.Package, func(w string) (condition, error) {
			e.keys[byPackage] = strings.TrimSuffix(beginning(strings.ReplaceAll(strings.ToLower(w), "%40", "@"), "*?#"), "@")
			return ofPackage(w)
		}},
		{r.Path, "path", &e.Path, func(w string) (condition, error) {
			p, err := pattern.CompilePath(w)
			if err == nil {
				e.keys[byPath], e.keys[byElement] = keysOfPath(p)
			}
			return at(p), err
		}},
		{r.Reason, "reason", &e.Reason, nil},
		{r.Justification, "justification", &e.Justification, nil},
	} {
		word, err := wordOf(field.from, field.key)
		if err != nil {
			return Entry{}, err
		}
		if *field.to = word; word == "" || field.add == nil {
			continue
		}
		c, err := field.add(word)
		if err != nil {
			return Entry{}, field.from.Errorf("ignore: %s: %v", field.key, err)
		}
		e.conditions = append(e.conditions, c)
	}
	var err error
	if e.Scanners, err = scannersOf(r.Scanner, scanners); err != nil {
		return Entry{}, err
	}
	if e.Until, err = untilOf(s, r); err != nil {
		return Entry{}, err
	}
	return e, e.check(s, r)
}

// check looks at what is wrong with the entry as a whole.
func (e *Entry) check(s config.Section, r raw) error {
	switch {
	case e.ID == "" && e.Rule == "" && e.Fingerprint == "":
		return s.Errorf("ignore: the entry does not say what to ignore: want id, rule or fingerprint")
	case strings.Contains(e.ID, "*"):
		return r.ID.Errorf("ignore: id is no pattern: write rule: %q", text.OneLine(e.ID, 80))
	case len(e.Rule) > maxPattern:
		return r.Rule.Errorf("ignore: rule: the pattern is too long")
	case e.Rule != "" && strings.Trim(e.Rule, "*") == "" && e.ID == "" && e.Fingerprint == "" && e.Package == "" && e.Path == "":
		return r.Rule.Errorf("ignore: a rule that all of them fit needs a path or a package that narrows it")
	case e.Reason == "":
		return s.Errorf("ignore: the entry gives no reason: add reason, for those who read it next")
	case e.Justification != "" && !slices.Contains(Justifications(), e.Justification):
		return r.Justification.Errorf("ignore: unknown justification %q%s", e.Justification, text.Suggest(e.Justification, Justifications()))
	}
	return nil
}

// wordOf returns the text of a key, or "" for a key that is not there. A key
// with nothing behind it is a mistake: it might have been meant to narrow.
func wordOf(s config.Section, key string) (string, error) {
	if s.Position() == "" {
		return "", nil
	}
	word, err := s.Text()
	if err != nil {
		return "", err
	}
	if word = strings.TrimSpace(word); word == "" || s.Absent() {
		return "", s.Errorf("ignore: %s has no value: give it one, or leave the key out", key)
	}
	return word, nil
}

// scannersOf reads a scanner's name, or a list of them.
func scannersOf(s config.Section, known []string) ([]string, error) {
	if s.Position() == "" {
		return nil, nil
	}
	list := []config.Section{s}
	if _, err := s.Text(); err != nil {
		if err := s.Decode(&list); err != nil {
			return nil, err
		}
	}
	var out []string
	for _, one := range list {
		name, err := wordOf(one, "scanner")
		if err != nil {
			return nil, err
		}
		if !slices.Contains(known, name) {
			return nil, one.Errorf("ignore: unknown scanner %q%s", name, text.Suggest(name, known))
		}
		out = append(out, name)
	}
	if out == nil {
		return nil, s.Errorf("ignore: scanner is an empty list: name one, or leave the key out")
	}
	return out, nil
}

// untilOf returns the moment at which an entry ends: that of the day after the
// one that it names, as it holds on that day.
func untilOf(s config.Section, r raw) (time.Time, error) {
	permanent := false
	if r.Permanent.Position() != "" {
		if r.Permanent.Absent() {
			return time.Time{}, r.Permanent.Errorf("ignore: permanent has no value: write permanent: true, or leave the key out")
		}
		if err := r.Permanent.Decode(&permanent); err != nil {
			return time.Time{}, err
		}
	}
	day, err := wordOf(r.Expires, "expires")
	switch {
	case err != nil:
		return time.Time{}, err
	case day != "" && permanent:
		return time.Time{}, r.Expires.Errorf("ignore: the entry both expires and is permanent: keep one of them")
	case permanent:
		return time.Time{}, nil
	case day == "":
		return time.Time{}, s.Errorf("ignore: the entry does not say when it ends: add expires: YYYY-MM-DD, or permanent: true")
	}
	last, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return time.Time{}, r.Expires.Errorf("ignore: expires: %q is not a day such as 2027-03-31", text.OneLine(day, 40))
	}
	return last.AddDate(0, 0, 1), nil
}
