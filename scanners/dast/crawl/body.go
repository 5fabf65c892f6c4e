package crawl

import (
	"bufio"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"io"
	"net/http"
	"strings"
)

// maxMedia is how much is read of a body that is no text, in bytes: rules look
// at its first bytes at most.
const maxMedia = 64 << 10

var errEncoding = errors.New("a content encoding that was not asked for")

// readBody returns the decoded body, and whether that is all of it. Neither
// what is received nor what it is decoded to exceeds the limit. What came
// before a mistake, or before ctx ended, is returned.
func readBody(resp *http.Response, limit int64) (body []byte, cut bool) {
	if media(resp.Header.Get("Content-Type")) {
		limit = min(limit, maxMedia)
	}
	// One byte more tells a body of exactly the limit from a longer one.
	received := &io.LimitedReader{R: resp.Body, N: limit + 1}
	r, err := decoded(received, resp.Header.Values("Content-Encoding"))
	if err != nil {
		return nil, err != io.EOF
	}
	body, err = io.ReadAll(io.LimitReader(r, limit+1))
	if int64(len(body)) > limit {
		return body[:limit], true
	}
	return body, err != nil || received.N == 0
}

// decoded undoes the content encodings that are asked for. Several at a time
// are a trap.
func decoded(r io.Reader, encodings []string) (io.Reader, error) {
	switch strings.ToLower(strings.TrimSpace(strings.Join(encodings, ","))) {
	case "", "identity":
		return r, nil
	case "gzip", "x-gzip":
		return gzip.NewReader(r)
	case "deflate": // zlib by the standard, bare by many servers
		b := bufio.NewReader(r)
		head, err := b.Peek(2)
		if len(head) == 0 {
			return nil, err
		}
		if len(head) == 2 && head[0]&15 == 8 && (uint(head[0])<<8|uint(head[1]))%31 == 0 {
			return zlib.NewReader(b)
		}
		return flate.NewReader(b), nil
	}
	return nil, errEncoding
}

// media tells a body that is no text by its type.
func media(contentType string) bool {
	kind, _, _ := strings.Cut(strings.ToLower(contentType), ";")
	kind = strings.TrimSpace(kind)
	if strings.HasSuffix(kind, "xml") { // SVG
		return false
	}
	for _, prefix := range []string{"image/", "audio/", "video/", "font/", "application/pdf", "application/zip", "application/octet-stream", "application/font"} {
		if strings.HasPrefix(kind, prefix) {
			return true
		}
	}
	return false
}
