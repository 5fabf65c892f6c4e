package main

import (
	"os"
	"testing"
)

// TestImages: what is wrong with how an image is named is found before
// anything is scanned.
func TestImages(t *testing.T) {
	y := newTry(t, "unused=clean")
	y.scanners = embedded()
	if err := os.MkdirAll("tree/keys", 0o755); err != nil {
		t.Fatal(err)
	}
	for args, want := range map[string]string{
		"oci:":               "it names no path",
		"https://example.co": "unknown scheme \"https\"",
		"Team/App:1":         "it is no reference to an image",
	} {
		y.run("scan", "tree", "--image", args).want(exitUsage, want)
	}
	y.run("scan", "tree", "--image", "oci:a", "--image", "oci:a").want(exitUsage, "named twice")
	y.run("plan", "tree", "--image", "oci:a", "--image", "registry.example.com/app:1").want(0, "image registry.example.com/app:1 runs")
	for config, want := range map[string]string{
		"images: [\"oci:\"]": ".scangate.yaml:4:5: image oci:: it names no path",
		"imagse: [x]":        "unknown key \"imagse\"",
		"require-signature: {key: ../../etc/passwd}":             "require-signature",
		"require-signature: {key: keys/none.pub}":                "keys/none.pub",
		"require-signature: {identity: x, key: y}":               "require-signature",
		"require-signature: {identity-regexp: \"[\", issuer: y}": "identity-regexp",
	} {
		if err := os.WriteFile("tree/.scangate.yaml", []byte("version: 1\nscanners:\n  image:\n    "+config+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		y.run("scan", "tree").want(exitUsage, want)
	}
}
