package signature

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"strconv"
	"strings"
)

// maxProof is how many hashes a proof can need in a tree of 2⁶³ leaves.
const maxProof = 64

func leafHash(data []byte) []byte {
	h := sha256.New()
	h.Write([]byte{0})
	h.Write(data)
	return h.Sum(nil)
}

func nodeHash(left, right []byte) []byte {
	h := sha256.New()
	h.Write([]byte{1})
	h.Write(left)
	h.Write(right)
	return h.Sum(nil)
}

// rootOf computes a tree's root hash from a leaf and its inclusion proof,
// RFC 9162 section 2.1.3.2.
func rootOf(leaf []byte, index, size int64, proof [][]byte) ([]byte, error) {
	wrong := errors.New("the inclusion proof does not fit the size of the log")
	if index < 0 || size <= 0 || index >= size || len(proof) > maxProof {
		return nil, wrong
	}
	fn, sn, hash := index, size-1, leaf
	for _, p := range proof {
		if len(p) != sha256.Size || sn == 0 {
			return nil, wrong
		}
		if fn&1 == 1 || fn == sn {
			hash = nodeHash(p, hash)
			for fn&1 == 0 && fn != 0 {
				fn, sn = fn>>1, sn>>1
			}
		} else {
			hash = nodeHash(hash, p)
		}
		fn, sn = fn>>1, sn>>1
	}
	if sn != 0 {
		return nil, wrong
	}
	return hash, nil
}

const maxCheckpoint = 16 << 10

// checkpoint is a log's signed statement of its size and root hash.
type checkpoint struct {
	size int64
	root []byte
}

// openCheckpoint verifies a note in the format of Go's sumdb by the log's key:
// text, an empty line, and lines "— name base64(key id, signature)".
func openCheckpoint(note string, l *trustedLog) (checkpoint, error) {
	if len(note) > maxCheckpoint {
		return checkpoint{}, errors.New("the log's checkpoint is too large")
	}
	i := strings.LastIndex(note, "\n\n")
	if i < 0 || len(l.id) < 4 {
		return checkpoint{}, errors.New("the log's checkpoint cannot be read")
	}
	text, signed := note[:i+1], false
	for line := range strings.Lines(note[i+2:]) {
		_, encoded, ok := strings.Cut(strings.TrimPrefix(strings.TrimSuffix(line, "\n"), "— "), " ")
		if !ok || !strings.HasPrefix(line, "— ") {
			return checkpoint{}, errors.New("the log's checkpoint cannot be read")
		}
		sig, err := base64.StdEncoding.Strict().DecodeString(encoded)
		if err != nil || len(sig) < 5 || !bytes.Equal(sig[:4], []byte(l.id[:4])) {
			continue // a witness's
		}
		if !verified(l.key, []byte(text), sig[4:]) {
			return checkpoint{}, errors.New("the checkpoint was not signed by the log " + l.name)
		}
		signed = true
	}
	if !signed {
		return checkpoint{}, errors.New("the checkpoint is not signed by the log " + l.name)
	}
	lines := strings.SplitN(text, "\n", 4)
	if len(lines) < 4 || lines[0] == "" {
		return checkpoint{}, errors.New("the log's checkpoint cannot be read")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	root, rerr := base64.StdEncoding.DecodeString(lines[2])
	if err != nil || rerr != nil || len(root) != sha256.Size {
		return checkpoint{}, errors.New("the log's checkpoint cannot be read")
	}
	return checkpoint{size: size, root: root}, nil
}
