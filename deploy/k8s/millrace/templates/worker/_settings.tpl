{{/* The environment variables of a group of workers. Call with dict "root" and "own". */}}
{{- define "millrace.workerSettings" -}}
MILLRACE_METRICS_HOST: 0.0.0.0
MILLRACE_SCHEDULER_ADDRESS: dns:///{{ include "millrace.name" .root }}-scheduler:7072
MILLRACE_DRAIN_MS: {{ mul .own.drainSeconds 1000 | quote }}
{{- if .own.documents }}
{{- include "millrace.documentsSettings" .root }}
{{- end }}
{{- include "millrace.schedulerCaSettings" .root }}
{{- include "millrace.chosenSettings" . }}
{{- end -}}
