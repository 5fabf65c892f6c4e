package lock

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"
)

const (
	githubHost = "github.com"
	githubAPI  = "https://api.github.com"
	// githubPage is how many releases are asked for: the newest ones.
	githubPage = 100
	maxAnswer  = 64 << 20
)

// GitHub is the index of tools that are downloaded from GitHub releases. The
// locked addresses tell which repository, and how the files of another version
// are called: the version is replaced in them.
type GitHub struct {
	API     string        // the address of the API; empty: github.com's
	Token   string        // for its rate limit; may be empty
	Timeout time.Duration // of one question; 0: a minute

	network network
}

type githubRelease struct {
	Tag        string        `json:"tag_name"`
	Draft      bool          `json:"draft"`
	Prerelease bool          `json:"prerelease"`
	Published  time.Time     `json:"published_at"`
	Assets     []githubAsset `json:"assets"`
}

type githubAsset struct {
	Name    string    `json:"name"`
	Digest  string    `json:"digest"` // "sha256:…"; absent from old releases
	URL     string    `json:"browser_download_url"`
	Updated time.Time `json:"updated_at"`
}

// Releases asks for the newest releases. A file that GitHub has no digest of
// is as if it were not there.
func (g GitHub) Releases(ctx context.Context, t Tool) ([]Release, error) {
	repository, err := t.repository()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, cmp.Or(g.Timeout, time.Minute))
	defer cancel()
	header := http.Header{"Accept": {"application/vnd.github+json"}, "X-Github-Api-Version": {"2022-11-28"}}
	if g.Token != "" {
		header.Set("Authorization", "Bearer "+g.Token)
	}
	address := fmt.Sprintf("%s/repos/%s/releases?per_page=%d", strings.TrimSuffix(cmp.Or(g.API, githubAPI), "/"), repository, githubPage)
	var body bytes.Buffer
	if err := g.network.download(ctx, address, header, maxAnswer, &body); err != nil {
		return nil, err
	}
	var list []githubRelease
	if err := json.Unmarshal(body.Bytes(), &list); err != nil {
		return nil, errors.New("GitHub's answer is not a list of releases")
	}
	var out []Release
	for _, r := range list {
		version := strings.TrimPrefix(r.Tag, "v")
		if r.Draft || r.Prerelease || matches(versionPattern)(version) != nil {
			continue
		}
		out = append(out, r.release(t, version))
	}
	return out, nil
}

// release finds the files of the locked platforms in a release.
func (r githubRelease) release(t Tool, version string) Release {
	out := Release{Version: version, Published: r.Published, Platforms: map[string]Build{}}
	for platform, old := range t.Platforms {
		u, err := url.Parse(old.URL)
		if err != nil {
			continue
		}
		name := strings.ReplaceAll(path.Base(u.Path), t.Version, version)
		for _, a := range r.Assets {
			digest, ok := strings.CutPrefix(a.Digest, "sha256:")
			if a.Name != name || !ok {
				continue
			}
			b := Build{URL: a.URL, Member: strings.ReplaceAll(old.Member, t.Version, version)}
			if b.Member == "" {
				b.SHA256 = digest
			} else {
				b.Archive = digest
			}
			out.Platforms[platform] = b
			// A file may be put into an old release, or replaced there.
			if a.Updated.After(out.Published) {
				out.Published = a.Updated
			}
		}
	}
	return out
}

// repository is the owner and name of the repository that all locked
// addresses lead to.
func (t Tool) repository() (string, error) {
	found := ""
	for _, name := range t.platforms() {
		u, err := url.Parse(t.Platforms[name].URL)
		if err != nil {
			return "", err
		}
		parts := strings.Split(strings.TrimPrefix(u.Path, "/"), "/")
		if u.Host != githubHost || len(parts) != 6 || parts[2] != "releases" || parts[3] != "download" {
			return "", fmt.Errorf("its url for %s is not that of a release on GitHub: update it by hand", name)
		}
		repository := url.PathEscape(parts[0]) + "/" + url.PathEscape(parts[1])
		if found != "" && found != repository {
			return "", errors.New("its urls lead to different repositories: update it by hand")
		}
		found = repository
	}
	if found == "" {
		return "", errors.New("it has no url: update it by hand")
	}
	return found, nil
}
