package secret

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strconv"
	"strings"

	"github.com/scangate/scangate/fileio"
	"github.com/scangate/scangate/finding"
)

// The files in which a repository lists findings to pass over, and their
// bounds.
const (
	ignoreName   = ".gitleaksignore"
	baselineName = ".gitleaks-baseline.json"
	maxIgnore    = 4 << 20  // bytes
	maxBaseline  = 64 << 20 // bytes
	maxKnown     = 200_000  // entries of each
)

// known is what a repository lists as known.
type known struct {
	ignored  map[string]bool // gitleaks' fingerprints
	baseline string          // the file
	keys     map[string]bool // of the baseline's secrets
	prints   map[string]bool // and fingerprints
}

// loadKnown reads the list of ignored findings and the baseline. A named
// baseline has to be there.
func loadKnown(read readFile, baseline string) (*known, []finding.Note, error) {
	k := &known{ignored: map[string]bool{}, keys: map[string]bool{}, prints: map[string]bool{}, baseline: baseline}
	var notes []finding.Note
	data, err := read(ignoreName, maxIgnore)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, nil, fmt.Errorf("secret: %s: %w", ignoreName, fileio.Cause(err))
	default:
		if notes, err = k.readIgnored(data); err != nil {
			return nil, nil, err
		}
	}
	if k.baseline == "" {
		k.baseline = baselineName
	}
	data, err = read(k.baseline, maxBaseline)
	switch {
	case errors.Is(err, fs.ErrNotExist) && baseline == "":
		k.baseline = ""
		return k, notes, nil
	case err != nil:
		return nil, nil, fmt.Errorf("secret: %s: %w", k.baseline, fileio.Cause(err))
	}
	return k, notes, k.readBaseline(data)
}

// readIgnored reads lines of the form commit:file:rule:line or file:rule:line.
func (k *known) readIgnored(data []byte) (notes []finding.Note, err error) {
	in := bufio.NewScanner(bytes.NewReader(data))
	in.Buffer(nil, 64<<10)
	n := 0
	for in.Scan() {
		n++
		line := strings.TrimSpace(in.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		parts := strings.Split(line, ":")
		if _, err := strconv.Atoi(parts[len(parts)-1]); err != nil || len(parts) < 3 {
			if len(notes) < 10 {
				notes = append(notes, finding.Note{Level: finding.Warning, Path: ignoreName,
					Message: fmt.Sprintf("line %d has no effect: it is not commit:file:rule:line or file:rule:line", n)})
			}
			continue
		}
		if len(k.ignored) == maxKnown {
			return nil, fmt.Errorf("secret: %s: more than %d entries", ignoreName, maxKnown)
		}
		k.ignored[strings.ReplaceAll(line, `\`, "/")] = true
	}
	if in.Err() != nil {
		return nil, fmt.Errorf("secret: %s:%d: a line is too long", ignoreName, n+1)
	}
	return notes, nil
}

// reported is what is read of an entry of gitleaks' report.
type reported struct {
	RuleID, File, Commit, Secret, Fingerprint string
	StartLine                                 int
}

// readBaseline reads gitleaks' report entry by entry. Of a secret it keeps the
// hash.
func (k *known) readBaseline(data []byte) error {
	in := json.NewDecoder(bytes.NewReader(data))
	broken := func() error {
		at := 1 + bytes.Count(data[:min(in.InputOffset(), int64(len(data)))], []byte{'\n'})
		return fmt.Errorf("secret: %s:%d: not a report of gitleaks in JSON", k.baseline, at)
	}
	if t, err := in.Token(); err != nil || t != json.Delim('[') {
		if err == nil && t == nil { // null: a report of nothing
			return nil
		}
		return broken()
	}
	for n := 0; in.More(); n++ {
		if n == maxKnown {
			return fmt.Errorf("secret: %s: more than %d findings", k.baseline, maxKnown)
		}
		var r reported
		if err := in.Decode(&r); err != nil || r.RuleID == "" {
			return broken()
		}
		if r.Secret != "" {
			k.keys[Key(r.RuleID, r.Secret)] = true
		}
		at := fmt.Sprintf("%s:%s:%d", strings.ReplaceAll(r.File, `\`, "/"), r.RuleID, r.StartLine)
		if r.Commit != "" {
			at = r.Commit + ":" + at
		}
		k.prints[at] = true
	}
	if _, err := in.Token(); err != nil {
		return broken()
	}
	if _, err := in.Token(); err != io.EOF {
		return broken()
	}
	return nil
}

// suppressions are the marks on a hit, and those in files that name it. pinned
// says that one names the commit: whatever that added to the file is known.
func (k *known) suppressions(f fragment, h hit) (list []finding.Suppression, pinned bool) {
	if h.allowed {
		list = append(list, finding.Suppression{Source: allowMark, Inline: true})
	}
	if h.hiddenBy != "" {
		list = append(list, finding.Suppression{Source: h.hiddenBy, Reason: h.reason})
	}
	if k == nil {
		return list, false
	}
	if f.path == k.baseline && k.baseline != "" {
		list = append(list, finding.Suppression{Source: k.baseline, Reason: "the baseline itself"})
	}
	anywhere, inCommit := k.listed(k.ignored, f, h)
	if anywhere || inCommit {
		list = append(list, finding.Suppression{Source: ignoreName})
		pinned = inCommit
	}
	anywhere, inCommit = k.listed(k.prints, f, h)
	if anywhere || inCommit || k.keys[h.key] {
		list = append(list, finding.Suppression{Source: k.baseline})
		pinned = pinned || inCommit
	}
	return list, pinned
}

// listed looks for gitleaks' fingerprints of a hit. Gitleaks numbers the line
// on which the match begins, which is not always that of the secret.
func (k *known) listed(prints map[string]bool, f fragment, h hit) (anywhere, inCommit bool) {
	if len(prints) == 0 {
		return false, false
	}
	for _, line := range [...]int{h.start, h.line} {
		at := f.path + ":" + h.rule + ":" + strconv.Itoa(line)
		anywhere = anywhere || prints[at]
		inCommit = inCommit || f.commit != nil && prints[f.commit.hash+":"+at]
	}
	return anywhere, inCommit
}
