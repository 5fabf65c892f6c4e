{{- define "shared" -}}from the child{{- end -}}
{{- define "db.more" }}
  more:
    - {{ .Values.size }}
    - {{ .Values.global.region }}
{{- end }}
