package main

import (
	"encoding/json"
	"fmt"
	"path"
	"regexp"
	"strconv"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// recipe is what a Dockerfile says, as far as ours goes: files put on nothing,
// and settings.
type recipe struct {
	copies []copied
	config v1.Config
}

// copied is a COPY: a file, or a directory and what is in it.
type copied struct {
	from, to string // in the context and in the image, absolute
	uid, gid int
	line     string // as written, for the history
}

var (
	numericUser = regexp.MustCompile(`^([1-9][0-9]{0,8}):([1-9][0-9]{0,8})$`)
	assignment  = regexp.MustCompile(`^([A-Za-z_][A-Za-z0-9_.-]*)=([^\s"'$\\]+|"[^"$\\]*")$`)
)

// readDockerfile reads ours. What it does not know is an error: an image must
// not come out otherwise here than with Docker.
func readDockerfile(data []byte) (recipe, error) {
	var r recipe
	seen := false
	for i, line := range strings.Split(string(data), "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name, rest, _ := strings.Cut(line, " ")
		rest = strings.TrimSpace(rest)
		if first := name == "FROM"; first == seen {
			return r, fmt.Errorf("line %d: the first instruction, and no other, is FROM", i+1)
		}
		seen = true
		if err := r.instruction(name, rest, line); err != nil {
			return r, fmt.Errorf("line %d: %w", i+1, err)
		}
	}
	if !numericUser.MatchString(r.config.User) {
		return r, fmt.Errorf("there is no USER with a numeric user and group other than root")
	}
	if len(r.config.Entrypoint) == 0 || len(r.copies) == 0 {
		return r, fmt.Errorf("there is no ENTRYPOINT, or no COPY")
	}
	return r, nil
}

func (r *recipe) instruction(name, rest, line string) error {
	switch name {
	case "FROM":
		if rest != "scratch" {
			return fmt.Errorf("the base is %q, want scratch", rest)
		}
	case "COPY":
		c, err := readCopy(rest, line)
		if err != nil {
			return err
		}
		r.copies = append(r.copies, c)
	case "USER":
		if !numericUser.MatchString(rest) {
			return fmt.Errorf("USER %s: want the numbers of a user and a group other than root", rest)
		}
		r.config.User = rest
	case "WORKDIR":
		if path.Clean(rest) != rest || !path.IsAbs(rest) {
			return fmt.Errorf("WORKDIR %s: want a clean absolute path", rest)
		}
		r.config.WorkingDir = rest
	case "ENV", "LABEL":
		m := assignment.FindStringSubmatch(rest)
		if m == nil {
			return fmt.Errorf("%s %s: want one NAME=VALUE, without expansions", name, rest)
		}
		value := strings.Trim(m[2], `"`)
		if name == "ENV" {
			r.config.Env = append(r.config.Env, m[1]+"="+value)
		} else {
			if r.config.Labels == nil {
				r.config.Labels = map[string]string{}
			}
			r.config.Labels[m[1]] = value
		}
	case "ENTRYPOINT":
		return readWords(name, rest, &r.config.Entrypoint)
	case "CMD":
		return readWords(name, rest, &r.config.Cmd)
	case "HEALTHCHECK":
		if rest != "NONE" {
			return fmt.Errorf("HEALTHCHECK %s: want NONE", rest)
		}
		r.config.Healthcheck = &v1.HealthConfig{Test: []string{"NONE"}}
	default:
		return fmt.Errorf("%s is not used here", name)
	}
	return nil
}

func readWords(name, rest string, out *[]string) error {
	if err := json.Unmarshal([]byte(rest), out); err != nil || len(*out) == 0 {
		return fmt.Errorf("%s %s: want a JSON array, so that no shell is needed", name, rest)
	}
	return nil
}

func readCopy(rest, line string) (copied, error) {
	c := copied{line: line}
	words := strings.Fields(rest)
	if len(words) > 0 && strings.HasPrefix(words[0], "--chown=") {
		m := numericUser.FindStringSubmatch(strings.TrimPrefix(words[0], "--chown="))
		if m == nil {
			return c, fmt.Errorf("COPY %s: want numbers", words[0])
		}
		c.uid, _ = strconv.Atoi(m[1])
		c.gid, _ = strconv.Atoi(m[2])
		words = words[1:]
	}
	if len(words) != 2 || strings.HasPrefix(words[0], "-") || strings.ContainsAny(rest, "*?[$\\\"'") {
		return c, fmt.Errorf("COPY %s: want one source and one destination", rest)
	}
	c.from, c.to = path.Clean(words[0]), words[1]
	if path.IsAbs(c.from) || c.from == ".." || strings.HasPrefix(c.from, "../") || path.Clean(c.to) != c.to || !path.IsAbs(c.to) {
		return c, fmt.Errorf("COPY %s: want a source in the directory, and a clean absolute destination", rest)
	}
	return c, nil
}
