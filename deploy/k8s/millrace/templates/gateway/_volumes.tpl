{{/* What the gateway mounts. Call with the root. */}}
{{- define "millrace.gatewayMounts" -}}
{{ include "millrace.tokensMount" . }}
{{- include "millrace.documentsMount" (dict "root" .) }}
{{- include "millrace.tlsMount" (dict "root" . "listener" "gateway") }}
{{- include "millrace.schedulerCaMount" . }}
{{- include "millrace.extraMounts" .Values.gateway }}
{{- end -}}

{{- define "millrace.gatewayVolumes" -}}
{{ include "millrace.tokensVolume" (dict "root" . "tokens" (list "internal")) }}
{{- include "millrace.documentsVolume" (dict "root" .) }}
{{- include "millrace.tlsVolume" (dict "root" . "listener" "gateway") }}
{{- include "millrace.schedulerCaVolume" . }}
{{- include "millrace.extraVolumes" .Values.gateway }}
{{- end -}}
