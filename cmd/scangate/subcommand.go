package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/scangate/scangate/text"
)

// names are those of a list of commands.
func names(list []command) (out []string) {
	for _, c := range list {
		out = append(out, c.name)
	}
	return out
}

// subcommand runs the one of a command's own commands that args begins with.
func (a *app) subcommand(ctx context.Context, name string, list []command, args []string) (int, error) {
	for _, c := range list {
		if len(args) == 0 || c.name != args[0] {
			continue
		}
		code, err := c.run(a, ctx, args[1:])
		var help helpError
		if errors.As(err, &help) {
			fmt.Fprintf(a.stdout, "usage: scangate %s %s\n\n%s\n\n%s", name, strings.TrimSpace(c.name+" "+c.args), c.about, help.flags)
			return exitPassed, nil
		}
		return code, err
	}
	switch {
	case len(args) == 0:
		return 0, usage("want `scangate %s COMMAND`, COMMAND one of %s", name, strings.Join(names(list), ", "))
	case args[0] == "-h" || args[0] == "--help" || args[0] == "help":
		var b strings.Builder
		for _, c := range list {
			fmt.Fprintf(&b, "  %-26s %s\n", c.name+" "+c.args, c.about)
		}
		return exitPassed, helpError{b.String()}
	}
	return 0, usage("unknown command %s %q%s", name, args[0], text.Suggest(args[0], names(list)))
}
