package finding

// Split says which shards of a scan share the work of a run.
type Split struct {
	Shards []string `json:"shards"` // those that have a part of it, in order: "1/7"

	// Status and Reason are how this part of a run that several shards share
	// ended. The run itself is partial without the others.
	Status *Status `json:"status,omitempty"`
	Reason string  `json:"reason,omitempty"`

	// Sights are what findings are made of, where those of a part cannot be
	// joined with those of another.
	Sights []Sight `json:"sights,omitempty"`
	// Inventory is the run's, which saved results leave out otherwise: it could
	// not be had from anywhere else.
	Inventory []Source `json:"inventory,omitempty"`
}

// Sight is a place at which a part of a scan saw something that other parts may
// have seen elsewhere: together they are one finding. It never holds a secret.
type Sight struct {
	Rule    string `json:"r"`
	Key     string `json:"k"`
	Path    string `json:"p,omitempty"`
	Raw     []byte `json:"P,omitempty"` // the path, where it is no text
	Line    int    `json:"l,omitempty"`
	Column  int    `json:"o,omitempty"`
	EndLine int    `json:"m,omitempty"`
	EndCol  int    `json:"q,omitempty"`
	Doubt   string `json:"d,omitempty"`
	Allowed bool   `json:"a,omitempty"`

	Commit string `json:"c,omitempty"` // the whole id; empty: the working tree
	Time   int64  `json:"t,omitempty"` // of the commit, Unix seconds
	Index  int    `json:"i,omitempty"` // of the commit, in the list of all

	Asked  []Suppression `json:"s,omitempty"` // who asks to pass over this place
	Pinned []Suppression `json:"S,omitempty"` // or, by its commit, over the file

	// What is known of the line in the working tree: its hash, a mark on it, and
	// what is wrong with one.
	LineHash string       `json:"h,omitempty"`
	Mark     *Suppression `json:"u,omitempty"`
	Wrong    *Note        `json:"w,omitempty"`
}
