package sarif

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/scangate/scangate/finding"
)

// Decode reads the SARIF 2.1.0 of any tool; name says in errors which file it
// is, and the line behind it where the value begins, or follows, that is wrong. What Encode wrote comes back as the same findings. A run that says it
// failed, or has no results array, becomes a run of status Failed: it must
// never pass for a clean one. Locations outside the scanned root become
// pathless. The input may be hostile: its size, depth and number of results
// are bounded.
func Decode(r io.Reader, name string) (finding.Results, error) {
	s, err := newStream(r)
	if err != nil {
		return finding.Results{}, fmt.Errorf("%s: %w", name, err)
	}
	d := decoder{stream: s, out: finding.Results{Version: finding.SchemaVersion}, parts: maxFlowParts}
	if err := d.log(); err != nil {
		return finding.Results{}, fmt.Errorf("%s:%d: not usable as SARIF 2.1.0: %w", name, d.in.lines.line(), earlyEnd(err))
	}
	return d.out, nil
}

type decoder struct {
	*stream
	out     finding.Results
	results int  // read so far, of all runs
	parts   int  // of flows that may still be read, of all runs
	foreign bool // a run is another tool's
}

// log reads the whole document.
func (d *decoder) log() error {
	var (
		version string
		hasRuns bool
		bag     properties
	)
	err := d.members(func(key string) error {
		switch key {
		case "version":
			if err := d.value(&version); err != nil {
				return fmt.Errorf("version: %w", err)
			}
			return checkVersion(version)
		case "properties":
			return inField("properties", d.value(&bag))
		case "runs":
			hasRuns = true
			return inField("runs", d.elements(func(i int) error {
				run, err := d.run()
				if err != nil {
					return fmt.Errorf("[%d]: %w", i, err)
				}
				d.out.Runs = append(d.out.Runs, run)
				return nil
			}))
		}
		return d.skip()
	})
	if err != nil {
		return err
	}
	if err := d.end(); err != nil {
		return err
	}
	if err := checkVersion(version); err != nil {
		return err
	}
	if !hasRuns {
		return errors.New(`it has no "runs"`)
	}
	d.ownLog(bag)
	return nil
}

func checkVersion(version string) error {
	switch version {
	case "2.1.0":
		return nil
	case "":
		return errors.New(`it has no "version": is it SARIF at all?`)
	}
	return fmt.Errorf("version %.40q is not supported, only 2.1.0: convert it, or have the tool write 2.1.0", version)
}

// inField says in an error where it happened.
func inField(field string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", field, err)
}

// run reads one run and makes sense of it.
func (d *decoder) run() (finding.Run, error) {
	var run sarifRun
	err := d.members(func(key string) error {
		switch key {
		case "tool":
			return inField("tool", d.tool(&run))
		case "results":
			return inField("results", d.resultsOf(&run))
		case "artifacts":
			return inField("artifacts", orNull(d.elements(func(int) error {
				var a struct {
					Location artifactLocation `json:"location"`
				}
				if len(run.artifacts) >= maxResults {
					return fmt.Errorf("more than %d artifacts", maxResults)
				}
				err := d.value(&a)
				run.artifacts = append(run.artifacts, a.Location)
				return err
			})))
		case "threadFlowLocations":
			return inField(key, orNull(d.elements(func(int) error {
				var step json.RawMessage
				if len(run.sharedSteps) >= maxSharedSteps {
					return fmt.Errorf("more than %d steps", maxSharedSteps)
				}
				err := d.value(&step)
				run.sharedSteps = append(run.sharedSteps, step)
				return err
			})))
		case "invocations":
			return inField(key, d.value(&run.invocations))
		case "automationDetails":
			return inField(key, d.value(&run.automation))
		case "originalUriBaseIds":
			return inField(key, d.value(&run.bases))
		case "properties":
			return inField(key, d.value(&run.properties))
		}
		return d.skip()
	})
	if err != nil {
		return finding.Run{}, err
	}
	if run.driver.Name == "" {
		return finding.Run{}, errors.New("tool.driver.name is missing: nothing says which tool this is from")
	}
	d.foreign = d.foreign || run.driver.Name != DriverName
	return translate(&run, &d.parts), nil
}

// tool reads the driver and the extensions, rule by rule.
func (d *decoder) tool(run *sarifRun) error {
	return d.members(func(key string) error {
		switch key {
		case "driver":
			return inField(key, d.value(&run.driver))
		case "extensions":
			err := d.value(&run.extensions)
			if err == nil && len(run.extensions) > maxExtensions {
				err = fmt.Errorf("more than %d", maxExtensions)
			}
			return inField(key, err)
		}
		return d.skip()
	})
}

// resultsOf reads the results. That there is no array says that the tool did
// not compute any (SARIF 2.1.0, section 3.14.23).
func (d *decoder) resultsOf(run *sarifRun) error {
	err := d.elements(func(i int) error {
		if d.results++; d.results > maxResults {
			return fmt.Errorf("more than %d results", maxResults)
		}
		var r sarifResult
		if err := d.value(&r); err != nil {
			return fmt.Errorf("[%d]: %w", i, err)
		}
		run.results = append(run.results, r)
		return nil
	})
	if err == nil {
		run.computed = true
	}
	return orNull(err)
}

// orNull forgives a null in place of an array.
func orNull(err error) error {
	var wrong *wrongKind
	if errors.As(err, &wrong) && wrong.got == 'n' {
		return nil
	}
	return err
}
