package helm

import (
	"encoding/base64"
	"fmt"
	"strings"
	"time"
)

// certificate is what the functions that make certificates return.
type certificate struct{ Cert, Key string }

// placeholders replaces functions that are random, slow, or depend on the time
// or on the machine by ones that always give the same, in the same shape.
func placeholders() map[string]any {
	// A fixed day; not the zero time, which templates may take for "not set".
	now := time.Date(2025, time.January, 1, 0, 0, 0, 0, time.UTC)
	moment := func(v any) time.Time {
		switch v := v.(type) {
		case time.Time:
			return v.UTC()
		case *time.Time:
			if v != nil {
				return v.UTC()
			}
		case int64:
			return time.Unix(v, 0).UTC()
		case int:
			return time.Unix(int64(v), 0).UTC()
		case int32:
			return time.Unix(int64(v), 0).UTC()
		}
		return now
	}
	format := func(layout string, v any) string { return moment(v).Format(layout) }
	inZone := func(layout string, v any, _ string) string { return moment(v).Format(layout) }
	since := func(v any) string { return now.Sub(moment(v)).Round(time.Second).String() }
	parse := func(layout, s string) (time.Time, error) { return time.Parse(layout, s) }

	pair := certificate{Cert: block("CERTIFICATE"), Key: block("RSA PRIVATE KEY")}
	made := func(...any) certificate { return pair }
	letters := func(of string) func(int) (string, error) {
		return func(n int) (string, error) {
			if n < 0 || n > maxString/2 {
				return "", errBig
			}
			return strings.Repeat(of, n/len(of)+1)[:n], nil
		}
	}
	hash := func(string) string { return "$2a$10$" + strings.Repeat("placeholder", 5)[:53] }
	return map[string]any{
		"now": func() time.Time { return now },
		"ago": since, "date": format, "dateInZone": inZone, "date_in_zone": inZone,
		"htmlDate":       func(v any) string { return format("2006-01-02", v) },
		"htmlDateInZone": func(v any, zone string) string { return inZone("2006-01-02", v, zone) },
		"toDate":         func(layout, s string) time.Time { t, _ := parse(layout, s); return t },
		"mustToDate":     parse,

		"randAlphaNum": letters("a1b2c3d4"), "randAlpha": letters("abcdefgh"),
		"randAscii": letters("a1b2c3d4"), "randNumeric": letters("12345678"),
		"randBytes": func(n int) (string, error) {
			if n < 0 || n > maxString/2 {
				return "", errBig
			}
			return base64.StdEncoding.EncodeToString(make([]byte, n)), nil
		},
		"randInt": func(low, _ int) int { return low },
		"shuffle": func(s string) string { return s },
		"uuidv4":  func() string { return "00000000-0000-4000-8000-000000000000" },

		"bcrypt":         hash,
		"htpasswd":       func(user, password string) string { return fmt.Sprintf("%s:%s", user, hash(password)) },
		"derivePassword": func(uint32, string, string, string, string) string { return "PlaceholderXy0" },
		"genPrivateKey":  func(string) string { return pair.Key },
		"encryptAES":     func(_, _ string) (string, error) { return "cGxhY2Vob2xkZXI=", nil },
		"decryptAES":     func(_, _ string) (string, error) { return "placeholder", nil },

		"buildCustomCert": func(cert, key string) (certificate, error) {
			c, err := base64.StdEncoding.DecodeString(cert)
			if err != nil {
				return certificate{}, err
			}
			k, err := base64.StdEncoding.DecodeString(key)
			return certificate{string(c), string(k)}, err
		},
		"genCA": made, "genCAWithKey": made, "genSelfSignedCert": made, "genSelfSignedCertWithKey": made,
		"genSignedCert": made, "genSignedCertWithKey": made,

		"getHostByName": func(string) string { return "" },
	}
}

// block returns text in the form of PEM, with nothing in it.
func block(kind string) string {
	return "-----BEGIN " + kind + "-----\ncGxhY2Vob2xkZXI=\n-----END " + kind + "-----\n"
}
