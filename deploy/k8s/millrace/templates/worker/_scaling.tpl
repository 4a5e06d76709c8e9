{{/* "true" if KEDA scales any group of workers. Call with the root. */}}
{{- define "millrace.scaled" -}}
{{- $scaled := .Values.workerDefaults.scaleOnDemand.enabled -}}
{{- range $group, $changes := .Values.workers -}}
{{- $own := mustMergeOverwrite (deepCopy $.Values.workerDefaults) (deepCopy $changes) -}}
{{- if $own.scaleOnDemand.enabled }}{{ $scaled = true }}{{ end -}}
{{- end -}}
{{- if $scaled }}true{{ end -}}
{{- end -}}
