//go:build !linux

package start

import "errors"

func family(string) error { return errors.New("not on this system") }
