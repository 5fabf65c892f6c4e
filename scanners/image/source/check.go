package source

import (
	"errors"
	"fmt"

	"github.com/scangate/scangate/text"
)

// Check tells what is wrong with the form of a reference, without opening
// anything. Its errors are those of Open.
func Check(ref string) error {
	var err error
	switch scheme, rest := splitScheme(ref); scheme {
	case "oci", "docker-archive", "dir":
		if rest == "" {
			err = errors.New("it names no path")
		}
	case "docker", "docker-daemon":
		_, _, err = parseReference(rest, false)
	case "":
		_, _, err = parseReference(ref, false)
	default:
		err = unknownScheme(scheme)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", Shown(ref), err)
	}
	return nil
}

func unknownScheme(scheme string) error {
	return fmt.Errorf("unknown scheme %q%s; without a scheme it is a registry's image", scheme, text.Suggest(scheme, Schemes()))
}
