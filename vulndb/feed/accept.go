package feed

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"time"
)

// maxLayers is how often something may be zipped: a server may zip what is
// zipped for the way.
const maxLayers = 2

// unzip undoes gzip, where something is zipped.
func (k *Kind) unzip(data []byte) ([]byte, error) {
	for range maxLayers {
		if !bytes.HasPrefix(data, []byte{0x1f, 0x8b}) {
			break
		}
		z, err := gzip.NewReader(bytes.NewReader(data))
		if err != nil {
			return nil, errors.New("its gzip is damaged")
		}
		var out bytes.Buffer
		n, err := io.Copy(&out, io.LimitReader(z, k.maxSize+1))
		switch {
		case n > k.maxSize:
			return nil, fmt.Errorf("it unpacks to over the limit of %d MiB", k.maxSize>>20)
		case err != nil:
			return nil, errors.New("its gzip is damaged or was cut short")
		}
		data = out.Bytes()
	}
	if int64(len(data)) > k.maxSize {
		return nil, fmt.Errorf("it is over the limit of %d MiB", k.maxSize>>20)
	}
	return data, nil
}

// check reads all of a feed and says what is not plausible about it.
func (k *Kind) check(data []byte, now time.Time) (content, error) {
	c, err := k.read(data, func([]byte, Entry) {})
	switch {
	case err != nil:
		return content{}, err
	case c.released.Sub(now) > clockSkew:
		return content{}, fmt.Errorf("it is from the future, %s: check this machine's clock", c.released.Format(time.RFC3339))
	case c.entries < k.least:
		return content{}, fmt.Errorf("it has %d entries: a whole one has over %d", c.entries, k.least)
	}
	return c, nil
}

// behind says that a source has not had anything new for too long.
func (k *Kind) behind(c content, now time.Time) error {
	if now.Sub(c.released) < k.frozen {
		return nil
	}
	return fmt.Errorf("it is from %s: its source fell behind", c.released.Format(time.DateOnly))
}

// compare says why a feed must not replace the one that is there. Feeds grow,
// and what loses more than a tenth has not lost it on purpose.
func (k *Kind) compare(have header, c content) error {
	switch {
	case c.released.Before(have.Released):
		return fmt.Errorf("it is from %s, and older than what is here, of %s", c.released.Format(time.RFC3339), have.Released.UTC().Format(time.RFC3339))
	case c.entries < have.Entries-have.Entries/10:
		return fmt.Errorf("it has %d entries where there were %d: remove %s to take it all the same", c.entries, have.Entries, k.FileName())
	}
	return nil
}
