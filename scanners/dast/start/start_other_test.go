//go:build !unix

package start

import "os"

func signals() []os.Signal { return []os.Signal{os.Interrupt} }
