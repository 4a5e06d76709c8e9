{{/* TLS: the settings and the mounts of the services. */}}

{{/* Settings of a service that listens. Call with dict "root" and "listener" (gateway or scheduler). */}}
{{- define "millrace.tlsSettings" -}}
{{- if (index .root.Values.tls .listener).existingSecret }}
MILLRACE_TLS_CERT_FILE: /tls/tls.crt
MILLRACE_TLS_KEY_FILE: /tls/tls.key
{{- end }}
{{- end -}}

{{- define "millrace.tlsMount" -}}
{{- if (index .root.Values.tls .listener).existingSecret }}
- { name: tls, mountPath: /tls, readOnly: true }
{{- end }}
{{- end -}}

{{- define "millrace.tlsVolume" -}}
{{- with (index .root.Values.tls .listener).existingSecret }}
- name: tls
  secret: { secretName: {{ . }} }
{{- end }}
{{- end -}}

{{/* The same for clients of the scheduler, which need only its CA. Call with the root. */}}
{{- define "millrace.schedulerCaSettings" -}}
{{- if .Values.tls.scheduler.existingSecret }}
MILLRACE_SCHEDULER_CA_FILE: /scheduler-ca/ca.crt
{{- end }}
{{- end -}}

{{- define "millrace.schedulerCaMount" -}}
{{- if .Values.tls.scheduler.existingSecret }}
- { name: scheduler-ca, mountPath: /scheduler-ca, readOnly: true }
{{- end }}
{{- end -}}

{{- define "millrace.schedulerCaVolume" -}}
{{- with .Values.tls.scheduler.existingSecret }}
- name: scheduler-ca
  secret: { secretName: {{ . }}, items: [{ key: ca.crt, path: ca.crt }] }
{{- end }}
{{- end -}}
