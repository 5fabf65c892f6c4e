// Command scangate scans a repository for what a security hardening guide asks
// for, and says whether it passes.
package main

import "os"

func main() { os.Exit(system().run(os.Args[1:])) }
