package feed

import (
	"errors"
	"path/filepath"
	"time"
)

const (
	// MaxAge is the age from which on a feed does not count when nobody says
	// otherwise: that of the vulnerability database.
	MaxAge = 48 * time.Hour

	refreshAge = 24 * time.Hour // from this age on a newer one is looked for
	retryWait  = time.Hour      // between two tries, while there is one

	// clockSkew is how far ahead of this machine's clock a source may be.
	clockSkew = 24 * time.Hour
)

// UpdateCommand is the command that downloads the feeds.
const UpdateCommand = "scangate db update"

// ErrAbsent says that there is no feed in a directory.
var ErrAbsent = errors.New("there is none")

// Kind is a feed: where it comes from, how it is read, and what is plausible.
type Kind struct {
	key     string // what policies call it
	name    string // for sentences
	address string
	hosts   []string // that its source may redirect to
	least   int      // entries; one that has fewer is not whole
	// frozen is the age of the content from which on it is not believed that
	// its source has nothing newer.
	frozen  time.Duration
	maxWire int64 // of what is downloaded, in bytes
	maxSize int64 // of what that unpacks to
	read    func(data []byte, each func(id []byte, e Entry)) (content, error)
}

// content is what a feed says of itself.
type content struct {
	released time.Time // when its source made it
	entries  int
}

// Entry is what a feed knows about a vulnerability.
type Entry struct {
	Added string  // KEV: when it was added to the catalogue, YYYY-MM-DD
	Score float64 // EPSS: the probability of being exploited within 30 days, 0 to 1
}

// KEV is CISA's catalogue of known exploited vulnerabilities. It has over a
// thousand entries, and grows every week.
func KEV() *Kind {
	return &Kind{
		key: "kev", name: "CISA's catalogue of exploited vulnerabilities (KEV)",
		address: "https://www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities.json",
		hosts:   []string{"www.cisa.gov", "cisa.gov"},
		least:   500, frozen: 30 * 24 * time.Hour, maxWire: 32 << 20, maxSize: 32 << 20, read: readKEV,
	}
}

// EPSS is FIRST's Exploit Prediction Scoring System: a probability for every
// CVE, some 300,000 in 10 MiB, made anew every day.
func EPSS() *Kind {
	return &Kind{
		key: "epss", name: "FIRST's exploit predictions (EPSS)",
		address: "https://epss.empiricalsecurity.com/epss_scores-current.csv.gz",
		hosts:   []string{"epss.empiricalsecurity.com", "epss.cyentia.com"},
		least:   50_000, frozen: 14 * 24 * time.Hour, maxWire: 32 << 20, maxSize: 128 << 20, read: readEPSS,
	}
}

// Kinds are all feeds.
func Kinds() []*Kind { return []*Kind{KEV(), EPSS()} }

// Key is what policies and results call the feed.
func (k *Kind) Key() string { return k.key }

// Name is what the feed is called in sentences.
func (k *Kind) Name() string { return k.name }

// DefaultAddress is where it is downloaded from when nobody names a mirror.
func (k *Kind) DefaultAddress() string { return k.address }

// FileName is the name of its file, in the directory of feeds and in exports.
func (k *Kind) FileName() string { return k.key + ".feed" }

// MaxFile bounds that file, in bytes.
func (k *Kind) MaxFile() int64 { return k.maxSize + maxHeader }

// place is the directory of the feeds.
func place(dir string) string { return filepath.Join(dir, "feeds") }

func (k *Kind) path(dir string) string { return filepath.Join(place(dir), k.FileName()) }

func (k *Kind) attemptPath(dir string) string {
	return filepath.Join(place(dir), k.key+".attempt.json")
}
