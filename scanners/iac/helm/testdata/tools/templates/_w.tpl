{{ define "tools.word" }}word{{ end }}
