package report

import (
	"bufio"
	"io"
	"strconv"
	"strings"
)

// exposition writes Prometheus' text format 0.0.4, as its documentation
// describes it: a HELP and a TYPE line for each metric, then its samples, and no
// time stamps, which the textfile collector and the Pushgateway refuse. All
// metrics are gauges.
type exposition struct {
	w      *bufio.Writer
	labels string // those of every sample, escaped
	metric string // whose samples are written
	header string // of the metric, until it has a sample
}

// newExposition begins one whose samples all have these labels: a name, a
// value, and so on.
func newExposition(w io.Writer, labels ...string) *exposition {
	return &exposition{w: bufio.NewWriterSize(w, 1<<16), labels: labelPairs("", labels)}
}

// family begins a metric. The help is a line of ours, without a backslash.
func (e *exposition) family(name, help string) {
	e.metric, e.header = name, "# HELP "+name+" "+help+"\n# TYPE "+name+" gauge\n"
}

// sample writes a sample of the metric.
func (e *exposition) sample(value float64, labels ...string) {
	e.w.WriteString(e.header + e.metric)
	e.header = ""
	if all := labelPairs(e.labels, labels); all != "" {
		e.w.WriteString("{" + all + "}")
	}
	e.w.WriteString(" " + strconv.FormatFloat(value, 'f', -1, 64) + "\n")
}

func (e *exposition) flush() error { return e.w.Flush() }

// labelPairs adds labels to those before them. One without a value is the same
// as none, and is left out.
func labelPairs(before string, labels []string) string {
	b := strings.Builder{}
	b.WriteString(before)
	for i := 0; i+1 < len(labels); i += 2 {
		value := short(labels[i+1], maxLabel)
		if value == "" {
			continue
		}
		if b.Len() > 0 {
			b.WriteByte(',')
		}
		b.WriteString(labels[i] + `="` + escapeLabel(value) + `"`)
	}
	return b.String()
}

// escapeLabel escapes what cannot stand in a label's value.
func escapeLabel(s string) string {
	return strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(s)
}
