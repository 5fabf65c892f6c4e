// Package external runs tools of others as scanners, and imports what they
// wrote: it knows what each tool applies to, how it is called, and how its
// output is read into findings. How a program is started and bounded is for
// package run.
//
// A tool is a file of its own: a function that returns a [Tool], a line in
// [Known], and a row in docs/external-tools.md.
//
// # What counts as a result
//
// Exit status, output and complaints are judged together. An output that
// cannot be read to its end is a failure, whatever the status says, and so is
// a status other than 0 beside an output that reports nothing. What fails is a
// unit of work: the others count, and the failed one is a gap.
//
// # What tools say is hostile
//
// Paths are made relative to the scanned tree, and dropped when they lead out
// of it. Text is cut to a line without workflow commands. Numbers of results
// and sizes are bounded. A secret that a tool reports becomes a hash before it
// leaves this package.
package external
