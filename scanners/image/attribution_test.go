package image

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/scangate/scangate/finding"
)

const shopDockerfile = `# syntax=docker/dockerfile:1
ARG BASE=alpine:3.20
FROM golang:1.24 AS build
WORKDIR /src
COPY . .
RUN go build -o /out/shop .

FROM alpine:3.20
RUN apk add --no-cache \
    ca-certificates
WORKDIR /app
COPY --from=build /out/shop /usr/local/bin/shop
COPY web/ /app/web/
ENV PORT=8080 API_TOKEN=abc123verysecret
USER 10001
ENTRYPOINT ["shop"]
`

// base is what an image begins with that is built on another.
func base() []madeStep {
	return []madeStep{
		{"ADD alpine-minirootfs-3.20.0-x86_64.tar.gz / # buildkit", []entry{{"etc/os-release", alpine}, {"lib/apk/db/installed", apk("busybox", "1.36.1-r20")}}},
		{`CMD ["/bin/sh"]`, nil},
	}
}

// shop is the history that BuildKit writes for shopDockerfile.
func shop() []madeStep {
	return append(base(),
		madeStep{"RUN /bin/sh -c apk add --no-cache     ca-certificates # buildkit", []entry{{"lib/apk/db/installed", apk("busybox", "1.36.1-r20") + apk("openssl", "3.3.0-r2")}}},
		madeStep{"WORKDIR /app", []entry{{"app", isDir}}},
		madeStep{"COPY /out/shop /usr/local/bin/shop # buildkit", []entry{{"usr/local/bin/shop", program + "#!/bin/sh\n"}}},
		madeStep{"COPY web/ /app/web/ # buildkit", []entry{{"app/web/node_modules/minimist/package.json", nodeApp}}},
		madeStep{"ENV PORT=8080 API_TOKEN=abc123verysecret", nil},
		madeStep{"USER 10001", nil},
		madeStep{`ENTRYPOINT ["shop"]`, nil},
	)
}

// classic is the same as the classic builder writes it.
func classic() []madeStep {
	return append([]madeStep{
		{"/bin/sh -c #(nop) ADD file:37a76ec18f9887751cd8473744917d08b7431fc4085097bb6a09d81b41775473 in / ", base()[0].entries},
		{`/bin/sh -c #(nop)  CMD ["/bin/sh"]`, nil},
	}, []madeStep{
		{"/bin/sh -c apk add --no-cache     ca-certificates", shop()[2].entries},
		{"/bin/sh -c #(nop) WORKDIR /app", shop()[3].entries},
		{"/bin/sh -c #(nop) COPY file:0d0f5e9b1a6ab2d0ef0ce4b5d1c2b3a49586978604152637485960718293a4b5 in /usr/local/bin/shop ", shop()[4].entries},
		{"/bin/sh -c #(nop) COPY dir:1d0f5e9b1a6ab2d0ef0ce4b5d1c2b3a49586978604152637485960718293a4b5 in /app/web/ ", shop()[5].entries},
		{"/bin/sh -c #(nop)  ENV PORT=8080 API_TOKEN=abc123verysecret", nil},
		{"/bin/sh -c #(nop)  USER 10001", nil},
		{`/bin/sh -c #(nop)  ENTRYPOINT ["shop"]`, nil},
	}...)
}

// TestDockerfileLines: each finding stands on the line that brought it in.
func TestDockerfileLines(t *testing.T) {
	config := v1.Config{User: "10001", Env: []string{"PORT=8080", "API_TOKEN=abc123verysecret"}}
	for name, steps := range map[string][]madeStep{"BuildKit": shop(), "classic builder": classic()} {
		t.Run(name, func(t *testing.T) {
			ref := layoutOf(t, t.TempDir(), imageOf(t, config, steps...))
			tree := treeOf(t, map[string]string{
				"Dockerfile":      shopDockerfile,
				"dev/Dockerfile":  strings.Replace(shopDockerfile, "ca-certificates", "curl", 1),
				"base/Dockerfile": "FROM scratch\nADD alpine-minirootfs-3.20.0-x86_64.tar.gz /\nCMD [\"/bin/sh\"]\n",
			})
			run := scan(t, Options{}, ref, tree)
			if run.Status != finding.Completed {
				t.Fatalf("%s: %s", run.Status, run.Reason)
			}
			lines := strings.Split(shopDockerfile, "\n")
			got := map[string]string{}
			for _, f := range run.Findings {
				if f.Location.Path != "Dockerfile" || f.Location.StartLine < 1 {
					t.Errorf("%s: at %s:%d", f.RuleID, f.Location.Path, f.Location.StartLine)
					continue
				}
				name := f.RuleID
				if f.Package != nil {
					name = f.Package.Name
				}
				word, _, _ := strings.Cut(lines[f.Location.StartLine-1], " \\")
				if f.Layer != nil && f.Layer.Base {
					word += " (base)"
				}
				got[name] = word
			}
			if diff := cmp.Diff(map[string]string{
				"busybox":                "FROM alpine:3.20 (base)",
				"openssl":                "RUN apk add --no-cache",
				"minimist":               "COPY web/ /app/web/",
				"image-secret-in-config": "ENV PORT=8080 API_TOKEN=abc123verysecret",
				"image-end-of-life":      "FROM alpine:3.20",
				"image-no-healthcheck":   `ENTRYPOINT ["shop"]`,
			}, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestDockerfilesThatDoNotFit: a finding on the wrong line is worse than one
// without.
func TestDockerfilesThatDoNotFit(t *testing.T) {
	for name, files := range map[string]map[string]string{
		"none":                 {"x": "y"},
		"another command":      {"Dockerfile": strings.Replace(shopDockerfile, "ca-certificates", "curl", 1)},
		"another order":        {"Dockerfile": strings.Replace(shopDockerfile, "USER 10001\nENTRYPOINT [\"shop\"]", "ENTRYPOINT [\"shop\"]\nUSER 10001", 1)},
		"one more instruction": {"Dockerfile": shopDockerfile + "STOPSIGNAL 9\n"},
		"no instruction":       {"Dockerfile": "FROM alpine:3.20\n"},
		"two of the same":      {"a/Dockerfile": shopDockerfile, "b/Dockerfile": shopDockerfile},
		"not a Dockerfile":     {"Dockerfile": "\x00\xff<<EOF"},
		"from scratch":         {"Dockerfile": strings.Replace(shopDockerfile, "FROM alpine:3.20", "FROM scratch", 1)},
	} {
		t.Run(name, func(t *testing.T) {
			config := &v1.ConfigFile{}
			for _, s := range shop() {
				config.History = append(config.History, v1.History{CreatedBy: s.createdBy, EmptyLayer: s.entries == nil})
			}
			b, err := dockerfileOf(t.Context(), treeOf(t, files), config)
			if err != nil {
				t.Fatal(err)
			}
			if b.path != "" || b.base != 2 {
				t.Errorf("taken for %s, with %d steps of the base", b.path, b.base)
			}
		})
	}
}

func TestStepsOfAHistory(t *testing.T) {
	for in, want := range map[string]step{
		"RUN /bin/sh -c apt-get   update # buildkit":                          {"RUN", "apt-get update"},
		"RUN |2 A=1 B=x y /bin/sh -c make all # buildkit":                     {"RUN", "make all"},
		"RUN /bin/bash -o pipefail -c curl x | sh # buildkit":                 {"RUN", "curl x | sh"},
		"/bin/sh -c apt-get update":                                           {"RUN", "apt-get update"},
		"|1 A=1 /bin/sh -c make":                                              {"RUN", "make"},
		"/bin/sh -c #(nop)  CMD [\"sh\"]":                                     {"CMD", "[\"sh\"]"},
		"/bin/sh -c #(nop) COPY file:" + strings.Repeat("a", 64) + " in /x/ ": {"COPY", "/x/"},
		"COPY . /app # buildkit":                                              {"COPY", ". /app"},
		"RUN make":                                                            {"RUN", "make"},
		"":                                                                    {"", ""},
	} {
		if got := stepOf(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

// TestBaseWithoutDockerfile: the history alone tells where the base ends, if it
// was somebody's image.
func TestBaseWithoutDockerfile(t *testing.T) {
	run := scan(t, Options{}, layoutOf(t, t.TempDir(), imageOf(t, v1.Config{}, shop()...)), nil)
	inBase := map[string]bool{}
	for _, f := range run.Findings {
		if f.Location.Path != "" {
			t.Errorf("%s at %s", f.RuleID, f.Location.Path)
		}
		if f.Package != nil {
			inBase[f.Package.Name] = f.Layer.Base
		}
	}
	if diff := cmp.Diff(map[string]bool{"busybox": true, "openssl": false, "minimist": false}, inBase); diff != "" {
		t.Error(diff)
	}
	run = scan(t, Options{}, layoutOf(t, t.TempDir(), imageOf(t, v1.Config{}, base()...)), nil)
	if i := slices.IndexFunc(run.Findings, func(f finding.Finding) bool { return f.Layer != nil && f.Layer.Base }); i >= 0 {
		t.Errorf("%+v", run.Findings[i])
	}
}
