// Command shop is made up.
package main

import (
	"example.invalid/shop/inner"

	_ "example.invalid/quiet"
)

func main() {
	inner.Serve("x")
}
