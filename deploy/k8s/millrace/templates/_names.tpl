{{/* The names on which all other names are based. Call with the root. */}}
{{- define "millrace.name" -}}
{{- if contains "millrace" .Release.Name -}}
{{ .Release.Name | trunc 40 | trimSuffix "-" }}
{{- else -}}
{{ printf "%s-millrace" .Release.Name | trunc 40 | trimSuffix "-" }}
{{- end -}}
{{- end -}}

{{/* The labels that selectors use. They never change. Call with dict "root" and "component". */}}
{{- define "millrace.selector" -}}
app.kubernetes.io/name: millrace
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{- define "millrace.labels" -}}
{{ include "millrace.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- end -}}

{{/* An image with the registry of global.imageRegistry. Call with dict "root" and "image". */}}
{{- define "millrace.pulled" -}}
{{ with .root.Values.global.imageRegistry }}{{ . }}/{{ end }}{{ .image }}
{{- end -}}

{{- define "millrace.image" -}}
{{- $version := empty .Values.image.digest | not | ternary (printf "@%s" .Values.image.digest) (printf ":%s" (.Values.image.tag | default .Chart.AppVersion)) -}}
{{ include "millrace.pulled" (dict "root" . "image" (print .Values.image.repository $version)) }}
{{- end -}}

{{- define "millrace.serviceAccount" -}}
{{ .Values.serviceAccount.name | default (include "millrace.name" .) }}
{{- end -}}

{{- define "millrace.authSecret" -}}
{{ .Values.auth.existingSecret | default (printf "%s-auth" (include "millrace.name" .)) }}
{{- end -}}

{{- define "millrace.documentsClaim" -}}
{{ .Values.documents.existingClaim | default (printf "%s-documents" (include "millrace.name" .)) }}
{{- end -}}
