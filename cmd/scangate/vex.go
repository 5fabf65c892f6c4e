package main

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"

	"github.com/scangate/scangate/config"
	"github.com/scangate/scangate/fileio"
	"github.com/scangate/scangate/policy"
	"github.com/scangate/scangate/policy/vex"
	"github.com/scangate/scangate/text"
)

// maxVEXFiles bounds how many VEX documents a configuration may name.
const maxVEXFiles = 500

// addVEX lets the documents that the configuration names have their say. They
// belong to the scanned repository: no name and no link leads out of dir.
func addVEX(pol *policy.Policy, patterns []config.Section, dir string, saw func(role, name string, data []byte)) error {
	if len(patterns) == 0 {
		return nil
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return fmt.Errorf("vex: %s: %w", dir, fileio.Cause(err))
	}
	defer root.Close()
	var docs []*vex.Document
	var seen []string
	for _, section := range patterns {
		names, err := expand(root, section)
		if err != nil {
			return err
		}
		for _, name := range names {
			if slices.Contains(seen, name) {
				continue
			}
			if seen = append(seen, name); len(seen) > maxVEXFiles {
				return section.Errorf("vex: more than %s: narrow the patterns", text.Count(maxVEXFiles, "file"))
			}
			data, err := readRegular(root.FS(), name, vex.MaxSize)
			if err != nil {
				return section.Errorf("vex: %s: %v", text.OneLine(name, 200), fileio.Cause(err))
			}
			doc, err := vex.Parse(name, data)
			if err != nil {
				return section.Errorf("vex: %v; correct the file, or take it out of vex", err)
			}
			docs = append(docs, doc)
			saw("vex", name, data)
		}
	}
	pol.Exemptions = append(pol.Exemptions, vex.New(docs...))
	return nil
}

// expand lists the files that match a pattern, sorted. That there are none is a
// mistake: whoever wrote it counts on what they say.
func expand(root *os.Root, section config.Section) ([]string, error) {
	word, err := section.Text()
	if err != nil {
		return nil, err
	}
	pattern := filepath.ToSlash(word)
	if _, err := path.Match(pattern, ""); err != nil || pattern == "" || !filepath.IsLocal(filepath.FromSlash(pattern)) {
		return nil, section.Errorf("vex: %q is no pattern of files below the scanned directory, such as security/*.openvex.json", text.OneLine(word, 200))
	}
	names, err := fs.Glob(root.FS(), path.Clean(pattern))
	if err != nil || len(names) == 0 {
		return nil, section.Errorf("vex: no file matches %q: write the document, or take the pattern out of vex", text.OneLine(word, 200))
	}
	slices.Sort(names)
	return names, nil
}
