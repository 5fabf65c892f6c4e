package rule

import (
	"strings"
	"testing"
	"time"

	"github.com/scangate/scangate/scanners/dast/exchange"
)

// TestHostilePages repeats what a rule looks for all over a big page: time must
// grow with the page and not with its square.
func TestHostilePages(t *testing.T) {
	const size = 256 << 10
	for _, unit := range []string{
		"select a from ", "$1$a$", "<form method=post id=a>", "<form method=post><input name=x>", "<input form=a name=_csrf>",
		"4111 ", "411111111111111", "1-", "10.0.0.", "10.0.0.1 ", "ip-10-", "<script src=//b.example>", "<a href=//b target=x rel=opener>",
		"<b>warning</b>:", "java.lang.", "xrO0AB", "aced0005", "<", "</", "<img src=http:>", "<!-- </form> -->", "href", "<?= $a", "{S", "<meta charset=x>", "a@b.",
	} {
		x := exchange.New(get("https://a.example/?sid=0123456789", strings.Repeat(unit, size/len(unit))))
		x.Elements()
		for _, r := range mine() {
			start := time.Now()
			alerts := r.Judge(x)
			if took := time.Since(start); took > 30*time.Second {
				t.Errorf("rule %d takes %v for a page of %q", r.ID, took, unit)
			}
			if len(alerts) > maxAlerts {
				t.Errorf("rule %d: %d alerts", r.ID, len(alerts))
			}
		}
	}
}
