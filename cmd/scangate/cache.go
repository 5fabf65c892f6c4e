package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// cacheVariable names another directory for all that is kept from run to run.
const cacheVariable = "SCANGATE_CACHE_DIR"

// cache is a directory for what is kept from run to run: databases, tools, what
// is known of layers and commits. It is in the user's cache directory, unless
// the environment names another.
func (a *app) cache(name string) (string, error) {
	if dir := strings.TrimSpace(a.getenv(cacheVariable)); dir != "" {
		abs, err := filepath.Abs(dir)
		if err != nil {
			return "", fmt.Errorf("%s: %w", cacheVariable, err)
		}
		return filepath.Join(abs, name), nil
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("there is no directory to keep %s in: %w; %s names one", name, err, cacheVariable)
	}
	return filepath.Join(dir, "scangate", name), nil
}

// checkCache refuses a cache that would be scanned, with all that it holds of
// others. A directory .scangate is not.
func (a *app) checkCache(tree string) error {
	if strings.TrimSpace(a.getenv(cacheVariable)) == "" {
		return nil
	}
	cache, err := a.cache("")
	if err != nil {
		return usageError{err}
	}
	root, err := filepath.Abs(tree)
	if err != nil {
		return usage("%s: %w", tree, err)
	}
	below, err := filepath.Rel(resolved(root), resolved(cache))
	if err != nil || !filepath.IsLocal(below) {
		return nil
	}
	for part := range strings.SplitSeq(filepath.ToSlash(below), "/") {
		if part == ".scangate" {
			return nil
		}
	}
	return usage("%s: %s is in the directory to scan, and would be scanned: name one elsewhere, or .scangate/cache", cacheVariable, cache)
}

// resolved follows the links in a path as far as it exists.
func resolved(path string) string {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return real
	}
	parent := filepath.Dir(path)
	if parent == path {
		return path
	}
	return filepath.Join(resolved(parent), filepath.Base(path))
}
