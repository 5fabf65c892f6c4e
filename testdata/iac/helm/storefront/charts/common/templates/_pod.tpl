{{- define "common.container" -}}
- name: {{ .name }}
  image: {{ .image }}
  securityContext:
    readOnlyRootFilesystem: {{ .readOnly | default false }}
{{- end -}}
