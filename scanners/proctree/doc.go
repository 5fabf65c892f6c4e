// Package proctree finds and ends what a started program has started itself. It
// knows only Linux, where /proc tells.
package proctree
