package verify

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestPublishedSignatures: AWS's own examples. The first is of the General
// Reference ("Signature Version 4 signing process", complete example), the
// others are get-vanilla and post-vanilla of its test suite.
func TestPublishedSignatures(t *testing.T) {
	example := credential{value: "AKID" + "EXAMPLE", key: strings.Join([]string{"wJalr", "XUtnF", "EMI/K", "7MDEN", "G+bPx", "RfiCY", "EXAMP", "LEKEY"}, "")}
	at := time.Date(2015, 8, 30, 12, 36, 0, 0, time.UTC)
	for _, c := range []struct{ method, address, media, service, signed, signature string }{
		{"GET", "https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08", "application/x-www-form-urlencoded; charset=utf-8", "iam",
			"content-type;host;x-amz-date", "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7"},
		{"GET", "https://example.amazonaws.com/", "", "service", "host;x-amz-date", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
		{"POST", "https://example.amazonaws.com/", "", "service", "host;x-amz-date", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"},
	} {
		req, err := http.NewRequest(c.method, c.address, nil)
		if err != nil {
			t.Fatal(err)
		}
		if c.media != "" {
			req.Header.Set("Content-Type", c.media)
		}
		req.Header.Set("User-Agent", "scangate") // not signed
		signV4(req, "", example, "us-east-1", c.service, at)
		want := "AWS4-HMAC-SHA256 Credential=" + example.value + "/20150830/us-east-1/" + c.service + "/aws4_request, SignedHeaders=" + c.signed + ", Signature=" + c.signature
		if diff := cmp.Diff(want, req.Header.Get("Authorization")); diff != "" {
			t.Errorf("%s %s %s", c.method, c.address, diff)
		}
	}
}

var awsAuthorization = regexp.MustCompile(`^AWS4-HMAC-SHA256 Credential=([A-Z0-9]{20})/(\d{8})/us-east-1/sts/aws4_request, SignedHeaders=([a-z0-9;-]+), Signature=([0-9a-f]{64})$`)

// checkSignature reckons from what arrived, the way the receiving side must.
func checkSignature(r *http.Request, body, key string) error {
	m := awsAuthorization.FindStringSubmatch(r.Header.Get("Authorization"))
	if m == nil {
		return fmt.Errorf("authorization %q", r.Header.Get("Authorization"))
	}
	stamp := r.Header.Get("X-Amz-Date")
	if when, err := time.Parse("20060102T150405Z", stamp); err != nil || time.Since(when).Abs() > time.Minute || !strings.HasPrefix(stamp, m[2]) {
		return fmt.Errorf("stamp %q", stamp)
	}
	names := strings.Split(m[3], ";")
	if !sort.StringsAreSorted(names) || !strings.Contains(";"+m[3]+";", ";host;") || !strings.Contains(";"+m[3]+";", ";x-amz-date;") {
		return fmt.Errorf("signed headers %q", names)
	}
	lines := []string{r.Method, r.URL.Path, r.URL.RawQuery}
	for _, name := range names {
		value := r.Header.Get(name)
		if name == "host" {
			value = r.Host
		}
		lines = append(lines, name+":"+value)
	}
	lines = append(lines, "", m[3], fmt.Sprintf("%x", sha256.Sum256([]byte(body))))
	sum := sha256.Sum256([]byte(strings.Join(lines, "\n")))
	mac := func(key []byte, s string) []byte {
		h := hmac.New(sha256.New, key)
		io.WriteString(h, s)
		return h.Sum(nil)
	}
	k := mac(mac(mac(mac([]byte("AWS4"+key), m[2]), "us-east-1"), "sts"), "aws4_request")
	want := mac(k, fmt.Sprintf("AWS4-HMAC-SHA256\n%s\n%s/us-east-1/sts/aws4_request\n%x", stamp, m[2], sum))
	if got, _ := hex.DecodeString(m[4]); !hmac.Equal(got, want) {
		return fmt.Errorf("signature of %q", lines)
	}
	return nil
}

func awsError(code string) string {
	return `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>` + code + `</Code><Message>no</Message></Error><RequestId>x</RequestId></ErrorResponse>`
}

// standInSTS knows some keys. It answers as documented:
// https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html and
// .../CommonErrors.html; that errors come as 403 with these codes is from memory.
func standInSTS(t *testing.T, keys, sessions map[string]string) *standIn {
	return newStandIn(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		form, err := url.ParseQuery(string(body))
		if err != nil || r.Method != http.MethodPost || r.Host != "sts.amazonaws.com" || r.URL.RequestURI() != "/" || form.Get("Action") != "GetCallerIdentity" || form.Get("Version") != "2011-06-15" ||
			!strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
			t.Errorf("asked %s %s%s %q", r.Method, r.Host, r.URL.RequestURI(), body)
		}
		id := ""
		if m := awsAuthorization.FindStringSubmatch(r.Header.Get("Authorization")); m != nil {
			id = m[1]
		}
		if sent := fmt.Sprint(r.Header, r.URL, string(body)); keys[id] != "" && strings.Contains(sent, keys[id]) {
			t.Error("the secret access key was sent")
		}
		key, known := keys[id]
		w.Header().Set("Content-Type", "text/xml")
		answer, status := `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>
			<Arn>arn:aws:iam::123456789012:user/Alice</Arn><UserId>X</UserId><Account>123456789012</Account></GetCallerIdentityResult>
			<ResponseMetadata><RequestId>x</RequestId></ResponseMetadata></GetCallerIdentityResponse>`, 200
		switch {
		case !known:
			answer, status = awsError("InvalidClientTokenId"), 403
		case r.Header.Get("X-Amz-Security-Token") != sessions[id]:
			answer, status = awsError("ExpiredToken"), 403
		case checkSignature(r, string(body), key) != nil:
			answer, status = awsError("SignatureDoesNotMatch"), 403
		}
		w.WriteHeader(status)
		fmt.Fprint(w, answer)
	})
}

func TestAWS(t *testing.T) {
	const awsBase32 = upper + "234567"
	var (
		id, key     = "AKIA" + random(500, 16, awsBase32), random(501, 40, alnum+"/+")
		tempID      = "ASIA" + random(502, 16, awsBase32)
		tempKey     = random(503, 40, alnum+"/+")
		session     = random(504, 400, alnum+"/+") + "=="
		unknown     = "AKIA" + random(505, 16, awsBase32)
		wrong       = random(506, 40, alnum+"/+")
		commit      = random(507, 40, hexes)
		other       = random(508, 40, alnum)
		credentials = "[default]\naws_access_key_id = " + id + "\naws_secret_access_key = " + key + "\n"
		tempFile    = "export AWS_ACCESS_KEY_ID=" + tempID + "\nexport AWS_SECRET_ACCESS_KEY=" + tempKey + "\nexport AWS_SESSION_TOKEN="
	)
	s := standInSTS(t, map[string]string{id: key, tempID: tempKey}, map[string]string{tempID: session})
	for name, c := range map[string]struct {
		id, around string
		want       Result
		reason     string
		requests   int
	}{
		"a credentials file":              {id, credentials, Active, "sts.amazonaws.com accepts it", 1},
		"JSON":                            {id, `{"accessKeyId": "` + id + `", "secretAccessKey": "` + key + `"}`, Active, "accepts", 1},
		"the key first":                   {id, "secret: " + key + "\nid: " + id + "\n", Active, "accepts", 1},
		"the named one before the nearer": {id, "id " + id + " " + other + "\nSecretKey => '" + key + "'", Active, "accepts", 1},
		"hashes are none":                 {id, "commit " + commit + "\n" + strings.ToUpper(commit) + " " + id + "\n" + key, Active, "accepts", 1},
		"the second candidate":            {id, id + " secret " + wrong + "\nsecret " + key, Active, "accepts", 2},
		"no more than two":                {id, id + " secret " + wrong + "\nsecret " + other + "\nsecret " + key, Unknown, "rejects the signature", 2},
		"another's":                       {id, id + "\nsecret=" + wrong, Unknown, "rejects the signature", 1},
		"alone":                           {id, "key = " + id, Unknown, "its secret access key was not found nearby", 0},
		"too long for a key":              {id, id + "\nsecret=" + key + "x", Unknown, "not found nearby", 0},
		"unknown to AWS":                  {unknown, unknown + "\nsecret=" + wrong, Inactive, "sts.amazonaws.com rejects it", 1},
		"temporary":                       {tempID, tempFile + session + "\n", Active, "accepts", 1},
		"temporary, JSON":                 {tempID, `"AccessKeyId":"` + tempID + `","SecretAccessKey":"` + tempKey + `","SessionToken":"` + session + `"`, Active, "accepts", 1},
		"temporary, expired":              {tempID, tempFile + strings.Repeat("x", 200), Inactive, "rejects it", 1},
		"temporary, without session":      {tempID, tempFile, Unknown, "its session token was not found nearby", 0},
		"temporary, endless session":      {tempID, tempFile + strings.Repeat("x", 5000), Unknown, "session token was not found", 0},
		"far away":                        {id, id + strings.Repeat("\n", maxAround) + "secret=" + key, Unknown, "not found nearby", 0},
	} {
		t.Run(name, func(t *testing.T) {
			before := s.requests()
			o := s.verifier(t, Options{}).Check(t.Context(), "aws-access-token", c.id, c.around)
			if o.Result != c.want || !strings.Contains(o.Reason, c.reason) || o.Endpoint != "https://sts.amazonaws.com/" {
				t.Errorf("outcome %+v", o)
			}
			if n := s.requests() - before; n != c.requests {
				t.Errorf("%d requests, want %d", n, c.requests)
			}
			noLeak(t, o, c.id, key, tempKey, wrong, session)
		})
	}
}

// TestThePairIsAsked: where one half is missing nothing is learnt, and the
// same id with its other half elsewhere is a new question.
func TestThePairIsAsked(t *testing.T) {
	id, key := "AKIA"+random(510, 16, upper), random(511, 40, alnum)
	s := standInSTS(t, map[string]string{id: key}, nil)
	v := s.verifier(t, Options{})
	var got []Result
	for _, around := range []string{id, id + " secret " + key, id + "\n\nsecret: " + key, id} {
		got = append(got, v.Check(t.Context(), "aws-access-token", id, around).Result)
	}
	if diff := cmp.Diff([]Result{Unknown, Active, Active, Unknown}, got); diff != "" || s.requests() != 1 {
		t.Errorf("%d requests %s", s.requests(), diff)
	}
}

// TestManyCandidates: surroundings are hostile, too.
func TestManyCandidates(t *testing.T) {
	around := strings.Repeat(random(512, 40, alnum)+" ", maxAround/41)
	for i := range 2000 {
		around += random(uint64(10000+i), 40, alnum) + "\n"
	}
	begun := time.Now()
	creds, missing := awsPair("AKIA"+random(513, 16, upper), around)
	if took := time.Since(begun); len(creds) > maxSecretKeys || missing != "" || took > 30*time.Second {
		t.Errorf("%d candidates, %q, in %s", len(creds), missing, took)
	}
}

func TestXML(t *testing.T) {
	for in, want := range map[string]any{
		`<?xml version="1.0"?><a x="1"><b>1</b><c> two <d/> </c></a>`:          map[string]any{"a": map[string]any{"b": "1", "c": map[string]any{"d": ""}}},
		strings.Repeat("<a>", maxDepth+1) + strings.Repeat("</a>", maxDepth+1): nil,
		`<!DOCTYPE a [<!ENTITY e "x">]><a>&e;</a>`:                             nil,
		`<a><b></a></b>`: nil, `<a>`: nil, `</a>`: nil,
	} {
		got := parse([]byte(in), true).tree
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%.60s: %s", in, diff)
		}
	}
	deepest := strings.Repeat("<a>", maxDepth) + strings.Repeat("</a>", maxDepth)
	if parse([]byte(deepest), true).tree == nil {
		t.Error("the deepest that is allowed is refused")
	}
}
