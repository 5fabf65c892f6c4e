package source

import (
	"fmt"
	"runtime"
	"strconv"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// wanted is the platform to choose.
type wanted struct {
	v1.Platform
	explicit bool // the user asked for it
}

// parseWanted reads os/architecture[/variant].
func parseWanted(s string) (wanted, error) {
	if s == "" {
		return wanted{Platform: normalise(v1.Platform{OS: "linux", Architecture: runtime.GOARCH})}, nil
	}
	parts := strings.Split(s, "/")
	if len(parts) < 2 || len(parts) > 3 || strings.Contains("/"+s+"/", "//") {
		return wanted{}, fmt.Errorf("%q is no platform such as linux/amd64 or linux/arm64/v8", Shown(s))
	}
	p := v1.Platform{OS: parts[0], Architecture: parts[1]}
	if len(parts) == 3 {
		p.Variant = parts[2]
	}
	return wanted{normalise(p), true}, nil
}

// normalise gives each platform one name. The variant that an architecture
// has if none is named, is named.
func normalise(p v1.Platform) v1.Platform {
	out := v1.Platform{OS: strings.ToLower(p.OS), Architecture: strings.ToLower(p.Architecture), Variant: strings.ToLower(p.Variant)}
	switch out.Architecture {
	case "x86_64", "x86-64":
		out.Architecture = "amd64"
	case "i386", "i686":
		out.Architecture = "386"
	case "aarch64":
		out.Architecture = "arm64"
	case "armhf":
		out.Architecture, out.Variant = "arm", "v7"
	case "armel":
		out.Architecture, out.Variant = "arm", "v6"
	}
	if isNumber(out.Variant) {
		out.Variant = "v" + out.Variant
	}
	if out.Variant == "" {
		switch out.Architecture {
		case "amd64":
			out.Variant = "v1"
		case "arm64":
			out.Variant = "v8"
		case "arm":
			out.Variant = "v7"
		}
	}
	return out
}

// rank says how well a platform serves who wants another: 0 not at all, and
// an older variant less than the same.
func rank(have v1.Platform, want wanted) int {
	have = normalise(have)
	if have.OS != want.OS || have.Architecture != want.Architecture {
		return 0
	}
	if have.Variant == want.Variant {
		return 1000
	}
	h, err1 := strconv.Atoi(strings.TrimPrefix(have.Variant, "v"))
	w, err2 := strconv.Atoi(strings.TrimPrefix(want.Variant, "v"))
	if err1 != nil || err2 != nil || h > w || h <= 0 {
		return 0
	}
	return min(h, 999)
}

// platformName is how people write a platform.
func platformName(p v1.Platform) string {
	if p.OS == "" && p.Architecture == "" {
		return "unknown"
	}
	s := p.OS + "/" + p.Architecture
	if p.Variant != "" {
		s += "/" + p.Variant
	}
	return s
}
