// Package getter stands in for hashicorp/go-getter in release builds. The
// Terraform engine imports that package to download remote modules, which
// scangate never does; without it the binary is 30 MiB smaller and reaches no
// cloud client.
package getter

import (
	"context"
	"errors"
)

// Getter fetches one kind of source.
type Getter any

// FileGetter would copy local files.
type FileGetter struct{ Copy bool }

// ClientMode says what a download is expected to be.
type ClientMode uint

// ClientModeAny is the only mode that the engine asks for.
const ClientModeAny ClientMode = 1

// Getters is what the engine picks its getters from: there are none.
var Getters = map[string]Getter{}

// Client is a download.
type Client struct {
	Ctx           context.Context
	Src, Dst, Pwd string
	Getters       map[string]Getter
	Mode          ClientMode
}

// Get refuses.
func (*Client) Get() error { return errors.New("remote modules are not downloaded") }
