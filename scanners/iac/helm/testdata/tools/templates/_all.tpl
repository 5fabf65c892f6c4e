{{ define "all" }}
tpl: {{ tpl .Values.greeting . }}
nested: {{ tpl .Values.nested . | quote }}
plain: {{ tpl .Values.plain . }}
files:
  get: {{ .Files.Get "config/one.conf" | quote }}
  none: {{ .Files.Get "none" | quote }}
  bytes: {{ .Files.GetBytes "config/one.conf" | toString | quote }}
  lines:
  {{- range .Files.Lines "config/one.conf" }}
    - {{ . }}
  {{- end }}
  glob:
  {{- range $path, $data := .Files.Glob "config/*.conf" }}
    {{ $path }}: {{ $data | toString | b64enc }}
  {{- end }}
  deep: {{ len (.Files.Glob "config/**") }} {{ len (.Files.Glob "config/{one,three}.*") }} {{ len (.Files.Glob "config/[a-o]*.conf") }} {{ len (.Files.Glob "**.conf") }} {{ len (.Files.Glob "config/???.conf") }}
  config:
    {{- (.Files.Glob "config/**").AsConfig | nindent 4 }}
  secrets: {{- .Files.Glob "config/*" | toYaml | nindent 4 }}
{{ (.Files.Glob "config/*.conf").AsSecrets | indent 2 }}
yaml: {{- toYaml .Values.map | nindent 2 }}
text: {{ .Values.text | toYaml | nindent 2 }}
pretty: {{- toYamlPretty .Values.map | nindent 2 }}
json: {{ toJson .Values.map }} {{ toPrettyJson .Values.map | quote }} {{ toRawJson (dict "a" "<b>") }}
toml: {{ toToml (dict "a" 1 "b" (dict "c" "d")) | quote }}
from: {{ (fromYaml "a: {b: 1}").a.b }} {{ (fromJson "{\"a\":[1,2]}").a }} {{ fromYamlArray "[1, x]" }} {{ fromJsonArray "[1]" }} {{ (fromToml "a = 3").a }}
bad: {{ (fromYaml "a: b: c").Error | quote }} {{ (fromJson "{").Error | quote }}
numbers: {{ .Values.number }} {{ .Values.float }} {{ int .Values.number }} {{ add 1 2 3 }} {{ div 7 2 }} {{ round 3.14159 2 }} {{ max 1 5 3 }} {{ until 4 }} {{ untilStep 1 10 3 }} {{ seq 1 2 7 }} {{ seq 3 }}
bool: {{ .Values.yes }} {{ .Values.empty }} {{ empty .Values.empty }} {{ default "d" .Values.empty }} {{ ternary "t" "f" (eq .Values.yes true) }}
strings: {{ "abc" | repeat 3 | upper | trunc 5 }} {{ printf "%05d|%-6s|%v|%q" 42 "ab" (list 1 "x") "q" }} {{ cat "a" 1 nil "b" }} {{ list "x" "y" | join "-" }} {{ splitList "," "a,b" }} {{ (split "." "1.2")._1 }} {{ wrapWith 3 "/" "aa bb cc" }} {{ substr 1 3 "hello" }} {{ "a b" | snakecase | camelcase | kebabcase }} {{ title "word" }} {{ nospace "a b" }} {{ abbrev 5 "abcdefgh" }}
quotes: {{ quote "a" 1 nil }} {{ squote "b" }} {{ html "<x>" }} {{ urlquery "a b" }} {{ js "'" }} {{ print "a" 1 2 "b" }}
lists: {{ list 1 2 3 | reverse }} {{ append (list 1) 2 }} {{ prepend (list 1) 0 }} {{ concat (list 1) (list 2 3) }} {{ uniq (list 1 1 2) }} {{ without (list 1 2 3) 2 }} {{ has 2 (list 1 2) }} {{ slice (list 1 2 3) 1 2 }} {{ first (list 7 8) }} {{ last (list 7 8) }} {{ rest (list 7 8) }} {{ initial (list 7 8) }} {{ compact (list 0 1 "") }} {{ chunk 2 (list 1 2 3) }} {{ index (list 4 5) 1 }} {{ sortAlpha (list "b" "a") }}
dicts: {{ dict "a" 1 "b" }} {{ get (dict "a" 1) "a" }} {{ hasKey (dict "a" 1) "b" }} {{ pluck "a" (dict "a" 1) (dict "a" 2) }} {{ pick (dict "a" 1 "b" 2) "a" }} {{ omit (dict "a" 1 "b" 2) "a" }} {{ merge (dict "a" 1) (dict "a" 2 "b" 3) }} {{ mergeOverwrite (dict "a" 1) (dict "a" 2) }} {{ dig "a" "b" "none" (dict "a" (dict "b" 1)) }} {{ deepCopy (dict "a" (list 1)) }} {{ set (dict) "k" "v" }} {{ unset (dict "k" 1) "k" }} {{ deepEqual (list 1) (list 1) }}
regex: {{ regexMatch "^a+$" "aaa" }} {{ regexFind "[0-9]+" "ab12" }} {{ regexFindAll "[a-z]" "a1b2" -1 }} {{ regexReplaceAll "(a)(b)" "abab" "${2}${1}" }} {{ regexReplaceAllLiteral "a" "aba" "$1" }} {{ regexSplit "-" "a-b-c" 2 }} {{ regexQuoteMeta "a.b" }}
kinds: {{ kindOf 1 }} {{ kindIs "map" .Values.map }} {{ typeOf "s" }} {{ typeIs "float64" .Values.number }}
sums: {{ sha256sum "a" }} {{ sha1sum "a" }} {{ adler32sum "a" }} {{ b64enc "x" }} {{ b64dec "eA==" }}
versions: {{ semverCompare ">=1.2" "1.3.0" }} {{ (semver "1.2.3-rc1").Prerelease }}
paths: {{ base "a/b.c" }} {{ dir "a/b" }} {{ ext "a.b" }} {{ clean "a/../b" }} {{ (urlParse "https://h:1/p?q=1").host }}
flow: {{ range $i, $x := list "p" "q" "r" }}{{ if eq $x "q" }}{{ continue }}{{ end }}{{ $i }}{{ $x }}{{ end }} {{ range 3 }}{{ . }}{{ end }} {{ with .Values.nothing }}x{{ else }}else{{ end }} {{ if and .Values.yes (or nil "z") }}and{{ end }}
coalesce: {{ coalesce nil "" 0 "c" }} {{ all 1 0 }} {{ any 0 1 }} {{ lookup "v1" "Pod" "a" "b" }} {{ required "no" 5 }} {{ .Values.greeting | required "no" | len }}
eq: {{ eq "a" "b" "a" }} {{ ne 1 2 }} {{ "a" | eq "a" }} {{ eq .Values.nothing nil }} {{ lt 1 2 }} {{ not true }} {{ eq .Values.number 1234567890.0 }}
chart: {{ .Chart.AppVersion }} {{ .Chart.Version }} {{ .Chart.APIVersion }}
{{ end }}
