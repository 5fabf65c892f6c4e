package signature

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"
)

// entry is a transparency log's entry as it was found beside a signature.
type entry struct {
	logID          []byte
	index          int64 // in the log as a whole; only the promise covers it
	integratedTime int64 // seconds since 1970; only the promise covers it
	body           []byte
	kind, version  string // as a bundle repeats them from the body; may be empty
	promise        []byte // the log's signature, the signed entry timestamp
	proof          *proof
}

// proof shows that the entry is in the log.
type proof struct {
	index, size int64 // in the part of the log that the checkpoint is of
	root        []byte
	hashes      [][]byte
	checkpoint  string
}

type entryJSON struct {
	LogIndex    number `json:"logIndex"`
	LogID       keyID  `json:"logId"`
	KindVersion struct {
		Kind    string `json:"kind"`
		Version string `json:"version"`
	} `json:"kindVersion"`
	IntegratedTime   number `json:"integratedTime"`
	InclusionPromise *struct {
		SignedEntryTimestamp []byte `json:"signedEntryTimestamp"`
	} `json:"inclusionPromise"`
	InclusionProof *struct {
		LogIndex   number   `json:"logIndex"`
		RootHash   []byte   `json:"rootHash"`
		TreeSize   number   `json:"treeSize"`
		Hashes     [][]byte `json:"hashes"`
		Checkpoint struct {
			Envelope string `json:"envelope"`
		} `json:"checkpoint"`
	} `json:"inclusionProof"`
	CanonicalizedBody []byte `json:"canonicalizedBody"`
}

func (j entryJSON) entry() entry {
	e := entry{
		logID: j.LogID.KeyID, index: int64(j.LogIndex), integratedTime: int64(j.IntegratedTime),
		body: j.CanonicalizedBody, kind: j.KindVersion.Kind, version: j.KindVersion.Version,
	}
	if p := j.InclusionPromise; p != nil {
		e.promise = p.SignedEntryTimestamp
	}
	if p := j.InclusionProof; p != nil {
		e.proof = &proof{
			index: int64(p.LogIndex), size: int64(p.TreeSize), root: p.RootHash,
			hashes: p.Hashes, checkpoint: p.Checkpoint.Envelope,
		}
	}
	return e
}

// signedEntry is what a promise is of, in the order of canonical JSON. All of
// its texts are base64 or hexadecimal, so that there is nothing to escape.
type signedEntry struct {
	Body           string `json:"body"`
	IntegratedTime int64  `json:"integratedTime"`
	LogID          string `json:"logID"`
	LogIndex       int64  `json:"logIndex"`
}

// fromPayloadBundle reads the annotation in which Cosign's tags keep an entry.
func fromPayloadBundle(b []byte) (entry, error) {
	var j struct {
		SignedEntryTimestamp []byte
		Payload              struct {
			Body           []byte `json:"body"`
			IntegratedTime int64  `json:"integratedTime"`
			LogIndex       int64  `json:"logIndex"`
			LogID          string `json:"logID"`
		}
	}
	if err := decode(b, &j); err != nil {
		return entry{}, fmt.Errorf("the transparency log entry is %w", err)
	}
	id, err := hex.DecodeString(j.Payload.LogID)
	if err != nil {
		return entry{}, errors.New("the transparency log entry has no readable log id")
	}
	return entry{
		logID: id, index: j.Payload.LogIndex, integratedTime: j.Payload.IntegratedTime,
		body: j.Payload.Body, promise: j.SignedEntryTimestamp,
	}, nil
}

// verify shows that the entry is in a log of the trusted root, by the log's
// promise, by a proof, or both; what is there must hold. The time is zero when
// the log has not signed one: an inclusion proof does not cover it. Then the
// log must be trusted for one of the times that authorities have stamped, or
// still be in use.
func (e entry) verify(r *trustedRoot, stamps []time.Time) (time.Time, error) {
	l := findLog(r.logs, e.logID)
	switch {
	case l == nil:
		return time.Time{}, errors.New("the entry is of a transparency log that the trusted root does not have")
	case len(e.promise) == 0 && e.proof == nil:
		return time.Time{}, fmt.Errorf("the entry has neither a signature of the log %s nor an inclusion proof", l.name)
	}
	if e.proof != nil {
		if err := e.proof.verify(e.body, l); err != nil {
			return time.Time{}, err
		}
	}
	if len(e.promise) == 0 {
		if slices.ContainsFunc(stamps, l.valid.contains) || len(stamps) == 0 && l.valid.end.IsZero() {
			return time.Time{}, nil
		}
		return time.Time{}, fmt.Errorf("nothing shows that the log %s was trusted when the entry was made", l.name)
	}
	message, err := json.Marshal(signedEntry{
		Body: base64.StdEncoding.EncodeToString(e.body), IntegratedTime: e.integratedTime,
		LogID: hex.EncodeToString(e.logID), LogIndex: e.index,
	})
	if err != nil {
		return time.Time{}, err
	}
	if !verified(l.key, message, e.promise) {
		return time.Time{}, fmt.Errorf("the entry was not signed by the log %s", l.name)
	}
	at := time.Unix(e.integratedTime, 0)
	if !l.valid.contains(at) {
		return time.Time{}, fmt.Errorf("the log %s is not trusted for the time of the entry", l.name)
	}
	return at, nil
}

func (p *proof) verify(body []byte, l *trustedLog) error {
	c, err := openCheckpoint(p.checkpoint, l)
	if err != nil {
		return err
	}
	root, err := rootOf(leafHash(body), p.index, p.size, p.hashes)
	if err != nil {
		return err
	}
	if c.size != p.size || !bytes.Equal(c.root, p.root) || !bytes.Equal(root, p.root) {
		return fmt.Errorf("the inclusion proof does not lead to the checkpoint of the log %s", l.name)
	}
	return nil
}
