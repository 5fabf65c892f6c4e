package main

import (
	"io"
	"log/slog"
	"strings"
	"time"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/report"
	"github.com/scangate/scangate/scanners"
	"github.com/scangate/scangate/text"
)

// logFormats are what --log-format takes. Text is what people read.
func logFormats() []string { return []string{"text", "json"} }

// logAs decides what standard error gets: lines for people, or objects for
// programs, one a line.
func (a *app) logAs(format string) error {
	switch format {
	case "", "text":
		a.log = nil
	case "json":
		a.log = newLog(a.stderr)
	default:
		return usage("--log-format: unknown format %q%s", format, text.Suggest(format, logFormats()))
	}
	return nil
}

// registerLog registers the flag. It counts from the first argument on, so that
// a mistake in another flag is told in the form that was asked for.
func (a *app) registerLog(f *flags, args []string) (format *string) {
	for i, arg := range args {
		if arg == "--" {
			break
		}
		if arg == "--log-format=json" || arg == "--log-format" && i+1 < len(args) && args[i+1] == "json" {
			a.log = newLog(a.stderr)
		}
	}
	return f.String("log-format", "text", "`FORMAT` of progress and errors on standard error: text or json, an object a line")
}

// newLog makes the log for programs. What it is given is foreign text: like
// every line that we print it must not look like a command to a CI's runner.
func newLog(w io.Writer) *slog.Logger {
	return slog.New(slog.NewJSONHandler(w, &slog.HandlerOptions{ReplaceAttr: func(_ []string, attr slog.Attr) slog.Attr {
		switch attr.Value.Kind() {
		case slog.KindTime:
			attr.Value = slog.TimeValue(attr.Value.Time().UTC().Truncate(time.Millisecond))
		case slog.KindString:
			attr.Value = slog.StringValue(report.Line(attr.Value.String()))
		}
		return attr
	}}))
}

// logEvent tells what a scanner is doing.
func logEvent(log *slog.Logger, e scanners.Event) {
	l := log.With("scanner", e.Run.Scanner)
	if e.Run.Target != "" {
		l = l.With("target", e.Run.Target)
	}
	if !e.Done {
		l.Info("scanner started", "plan", e.Run.Plan)
		return
	}
	l = l.With("status", e.Run.Status.String(), "findings", len(e.Run.Findings), "duration_ms", e.Run.Duration.Milliseconds())
	if e.Run.Reason != "" {
		l = l.With("reason", e.Run.Reason)
	}
	switch e.Run.Status {
	case finding.Completed, finding.Skipped:
		l.Info("scanner ended")
	case finding.Partial:
		l.Warn("scanner ended")
	default:
		l.Error("scanner ended")
	}
}

// logComplaint tells what went wrong.
func logComplaint(log *slog.Logger, line string) {
	if warning, ok := strings.CutPrefix(line, "warning: "); ok {
		log.Warn("warning", "error", warning)
		return
	}
	log.Error("error", "error", line)
}

// logEnd tells how the run ended.
func (a *app) logEnd(w *watched, code int) {
	if a.log == nil {
		return
	}
	l := a.log.With("outcome", w.outcome(), "exit_code", code, "duration_ms", w.ended.Sub(w.began).Milliseconds())
	if w.report != nil {
		reasons := []string{}
		for _, r := range w.report.Verdict.Reasons {
			reasons = append(reasons, report.Line(r))
		}
		l = l.With("reasons", reasons)
	}
	if w.line != "" {
		l = l.With("audit_sha256", w.line)
	}
	if code == exitPassed {
		l.Info("run ended")
		return
	}
	l.Error("run ended")
}
