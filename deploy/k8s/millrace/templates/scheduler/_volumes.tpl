{{/* What the scheduler mounts. Call with the root. */}}
{{- define "millrace.schedulerMounts" -}}
{{- include "millrace.tlsMount" (dict "root" . "listener" "scheduler") }}
{{- include "millrace.redisMount" . }}
{{- if .Values.scheduler.documents }}
- { name: documents, mountPath: /documents, readOnly: true }
{{- end }}
{{- if .Values.configuration }}
- { name: configuration, mountPath: /configuration, readOnly: true }
{{- end }}
{{- include "millrace.extraMounts" .Values.scheduler }}
{{- end -}}

{{- define "millrace.schedulerVolumes" -}}
{{- include "millrace.tlsVolume" (dict "root" . "listener" "scheduler") }}
{{- include "millrace.redisVolume" . }}
{{- if .Values.scheduler.documents }}
- name: documents
  persistentVolumeClaim: { claimName: {{ include "millrace.documentsClaim" . }}, readOnly: true }
{{- end }}
{{- if .Values.configuration }}
- name: configuration
  configMap: { name: {{ include "millrace.name" . }}-configuration }
{{- end }}
{{- include "millrace.extraVolumes" .Values.scheduler }}
{{- end -}}
