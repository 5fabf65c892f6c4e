package sample

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
)

// history is what happened before the shop was written: five secrets that are
// gone from the working tree, and one that is not.
func history() []change {
	aws := "AK" + "IA" + word("aws", "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16)
	github := "gh" + "p_" + word("github", alphanumeric, 36)
	npm := "npm" + "_" + word("npm", alphanumeric, 36)
	slack := "https://hooks.slack" + ".com/services/T" + word("slack", upper, 8) + "/B" + word("room", upper, 8) + "/" + word("hook", alphanumeric, 24)
	stripe := "sk" + "_live_" + word("stripe", alphanumeric, 24)

	return []change{
		{
			branch: "main", message: "Start the shop",
			write: []text{
				{"README.md", "# Shop\n\nA small web shop.\n"},
				{"config/settings.py", "DEBUG = False\nREGION = \"eu-west-1\"\nACCESS_KEY_ID = \"" + aws + "\"\n"},
			},
		},
		{
			branch: "main", message: "Deploy from a script",
			write: []text{{"scripts/deploy.sh", "#!/bin/sh\nset -eu\ngit clone https://" + github + "@github.com/shop/shop.git\n./shop/run\n"}},
		},
		{
			branch: "main", message: "Read the settings from the environment",
			write: []text{{"config/settings.py", "import os\n\nDEBUG = False\nREGION = os.environ[\"REGION\"]\n"}},
		},
		{
			// Never merged: only a scan of all branches sees it.
			branch: "publish", from: "main", message: "Publish the client",
			write: []text{{".npmrc", "registry=https://registry.npmjs.org/\n//registry.npmjs.org/:_authToken=" + npm + "\n"}},
		},
		{
			branch: "main", message: "Serve TLS in development",
			write: []text{{"certs/dev-server.key", privateKey()}},
		},
		{
			branch: "alerts", from: "main", message: "Describe the alerts",
			write: []text{{"docs/alerts.md", "# Alerts\n\nOrders that fail go to the channel.\n"}},
		},
		{
			branch: "main", message: "Describe the deployment",
			write: []text{{"docs/deploy.md", "# Deployment\n\nRun scripts/deploy.sh.\n"}},
		},
		{
			// The file is in neither parent: only the merge itself adds it.
			branch: "main", merge: "alerts", message: "Merge branch 'alerts'",
			write: []text{
				{"docs/alerts.md", "# Alerts\n\nOrders that fail go to the channel.\n"},
				{"config/alerts.ini", "[alerts]\nwebhook = " + slack + "\n"},
			},
		},
		{
			branch: "main", message: "Clean up before going public",
			remove: []string{"config/alerts.ini", "certs/dev-server.key", "scripts/deploy.sh"},
		},
		{
			branch: "main", message: "Configure production",
			write: []text{{"api/.env.production", "PORT=8080\nSTRIPE_API_KEY=" + stripe + "\n"}},
		},
	}
}

const (
	upper        = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	alphanumeric = upper + "abcdefghijklmnopqrstuvwxyz0123456789"
)

// word makes n letters that look random, always the same for one name. Nothing
// that a secret scanner would report stands in this file.
func word(name, letters string, n int) string {
	var b strings.Builder
	for i := 0; b.Len() < n; i++ {
		sum := sha256.Sum256(fmt.Appendf(nil, "sample %s %d", name, i))
		for _, c := range sum[:min(len(sum), n-b.Len())] {
			b.WriteByte(letters[int(c)%len(letters)])
		}
	}
	return b.String()
}

// privateKey has the form of a key and the content of a hash.
func privateKey() string {
	var b strings.Builder
	kind := "RSA PRIVATE" + " KEY-----\n"
	b.WriteString("-----BEGIN " + kind)
	for i := range 12 {
		sum := sha256.Sum256(fmt.Appendf(nil, "sample key %d", i))
		b.WriteString(base64.StdEncoding.EncodeToString(append(sum[:], sum[:16]...)) + "\n")
	}
	b.WriteString("-----END " + kind)
	return b.String()
}
