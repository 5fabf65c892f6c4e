package crawl

import (
	"net/url"
	"slices"
	"strings"
	"unicode"
)

// Words of addresses that end a session or destroy something. Many
// applications do so on GET, whatever HTTP says of it.
var (
	// anywhere are found at the beginning and the end of longer words, too:
	// dologout, deleteuser.
	anywhere = []string{"logout", "logoff", "signout", "signoff", "delete", "remove", "unsubscribe", "deactivate", "destroy"}
	// words are whole words, or two that stand side by side: opt-out.
	words = []string{"erase", "purge", "revoke", "terminate", "disable", "disconnect", "uninstall", "shutdown", "endsession", "closeaccount", "optout",
		"abmelden", "ausloggen", "loeschen", "entfernen", "kuendigen", "deconnexion", "supprimer", "desabonner", "cerrarsesion", "eliminar", "borrar", "uitloggen", "afmelden", "verwijderen"}
	// alone are a whole segment of the path or a whole value, for they are
	// parts of too much else.
	alone = []string{"del", "rm", "wipe", "trash", "exit", "quit", "salir"}
)

// harmful tells an address that must not be asked for, by its path and its
// parameters.
func harmful(u *url.URL) bool {
	path := u.EscapedPath()
	if harmfulText(path) || slices.ContainsFunc(strings.Split(path, "/"), harmfulText) {
		return true
	}
	for pair := range strings.SplitSeq(u.RawQuery, "&") {
		name, value, _ := strings.Cut(pair, "=")
		if harmfulText(name) || harmfulText(value) || strings.EqualFold(name, "_method") {
			return true
		}
	}
	return false
}

func harmfulText(s string) bool {
	for range 2 { // some applications decode twice
		if decoded, err := url.QueryUnescape(s); err == nil {
			s = decoded
		}
	}
	if slices.Contains(alone, strings.ToLower(s)) {
		return true
	}
	before := ""
	for _, word := range splitWords(s) {
		pair := before + word // not more of it: blog/out is no log-out
		if harmfulWord(word) || slices.Contains(words, pair) || slices.Contains(anywhere, pair) {
			return true
		}
		before = word
	}
	return false
}

func harmfulWord(word string) bool {
	if strings.HasPrefix(word, "cancel") && !strings.HasPrefix(word, "cancell") { // a cancellation policy does nothing
		return true
	}
	return slices.Contains(words, word) || slices.ContainsFunc(anywhere, func(w string) bool {
		return strings.HasPrefix(word, w) || strings.HasSuffix(word, w)
	})
}

// splitWords splits text into words in lower case: at what is no letter, and
// at capitals as in logOut.
func splitWords(s string) []string {
	var out []string
	var word []rune
	end := func() {
		if len(word) > 0 {
			out = append(out, strings.ToLower(string(word)))
			word = word[:0]
		}
	}
	small := false
	for _, r := range s {
		if !unicode.IsLetter(r) || small && unicode.IsUpper(r) {
			end()
		}
		if unicode.IsLetter(r) {
			word = append(word, r)
		}
		small = unicode.IsLower(r)
	}
	end()
	return out
}
