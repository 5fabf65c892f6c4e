package external

import (
	"strings"

	"github.com/scangate/scangate/finding"
)

// checkovClass is a class of Checkov's checks that weigh the same.
type checkovClass struct {
	severity finding.Severity
	reason   string
	ids      string // by family: "AWS: 1 2" is CKV_AWS_1 and CKV_AWS_2
}

// checkovClasses is a table of our own: without a key of its vendor's Checkov
// gives no severities. What is in no class has its framework's.
var checkovClasses = [...]checkovClass{
	{finding.Critical, "everything is open to everyone, or full rights are given away", `
		CKV2_AZURE: 47 CKV2_GCP: 6 7 8 9 12 CKV2_K8S: 1 CKV_AWS: 1 24 25 41 45 46 57 62 70 164 230 231 232 274 275 277 283 302 303
		348 384 387 391 CKV_AZURE: 9 10 11 45 239 CKV_BCW: 1 CKV_GCP: 2 3 15 28 98 100 101 112 113 CKV_K8S: 27 39 69 74
		CKV_LIN: 1 CKV_OPENSTACK: 1 CKV_PAN: 1 CKV_SECRET: 1 2 3 12 13 15 16 17`},
	{finding.High, "open to the network, rights that lead to more rights, no protection of a whole machine", `
		CKV2_AWS: 6 36 40 66 69 CKV2_AZURE: 8 39 CKV2_DOCKER: 2 3 4 5 6 17 CKV2_GCP: 10 CKV2_GHA: 1 CKV2_K8S: 2 3 4 5 CKV_ARGO:
		2 CKV_AWS: 17 20 32 33 38 49 53 54 55 56 60 61 63 69 72 79 87 89 100 102 107 108 109 110 111 167 168 169 192 210 229
		286 287 288 289 290 295 301 316 334 335 366 388 390 392 CKV_AZURE: 5 6 8 34 35 48 53 59 64 68 77 99 101 104 113 133 134
		135 137 138 139 141 143 149 189 190 204 248 251 CKV_AZUREPIPELINES: 3 CKV_CIRCLECIPIPELINES: 6 7 CKV_DOCKER: 1 8
		CKV_GCP: 11 18 31 41 42 45 46 49 60 73 75 77 88 99 102 107 114 115 116 117 CKV_GHA: 2 3 CKV_GIT: 4 CKV_GITLABCI: 1
		CKV_K8S: 1 2 3 4 5 16 17 18 19 20 24 25 36 49 77 79 138 155 156 157 158 159 CKV_OPENAPI: 3 8 10 11`},
	{finding.Low, "good practice: logging, backups, names, keys of one's own, limits", `
		CKV2_AWS: 3 4 8 9 11 14 15 16 18 27 28 29 30 31 38 39 41 50 57 60 61 62 63 CKV2_AZURE: 5 12 20 21 53 54 CKV2_GCP: 4
		5 13 14 15 16 17 20 29 30 31 CKV_AWS: 9 10 11 12 13 14 15 18 21 23 28 37 48 50 51 66 71 75 76 80 84 85 86 91 92 95
		101 104 115 116 117 118 119 124 126 129 131 133 134 135 136 141 144 145 147 149 150 152 153 157 158 160 165 173 176 193
		194 197 207 222 223 224 225 226 234 242 243 244 261 272 285 300 304 305 310 311 313 314 317 318 320 322 324 325 332 336
		338 354 360 361 362 CKV_AZURE: 12 18 20 21 22 24 25 26 27 30 31 33 37 43 62 63 65 66 67 80 81 82 83 88 94 102 114 129
		136 146 159 165 167 206 CKV_DOCKER: 2 3 5 6 7 9 10 11 CKV_GCP: 26 37 38 51 52 53 54 55 57 61 62 63 78 108 109 110 111
		CKV_GHA: 5 6 7 CKV_GITHUB: 6 7 21 26 CKV_K8S: 8 9 10 11 12 13 14 15 21 22 31 35 40 43 CKV_OPENAPI: 7 18 21 CKV_TF: 1 2`},
}

// checkovDefaults are the severities of frameworks for what is in no class.
var checkovDefaults = map[string]finding.Severity{"secrets": finding.High, "openapi": finding.Low, "dockerfile": finding.Low}

// checkovTable is the severity of each check in a class.
func checkovTable() map[string]finding.Severity {
	table := map[string]finding.Severity{}
	for _, class := range checkovClasses {
		family := ""
		for word := range strings.FieldsSeq(class.ids) {
			if name, ok := strings.CutSuffix(word, ":"); ok {
				family = name
			} else {
				table[family+"_"+word] = class.severity
			}
		}
	}
	return table
}

// severity weighs a check.
func (c *checkovReading) severity(id, framework string) finding.Severity {
	if s, ok := c.table[id]; ok {
		return s
	}
	if s, ok := checkovDefaults[framework]; ok {
		return s
	}
	return finding.Medium
}
