{{/* What the scheduler mounts. Call with the root. */}}
{{- define "millrace.schedulerMounts" -}}
{{ include "millrace.tokensMount" . }}
{{- include "millrace.tlsMount" (dict "root" . "listener" "scheduler") }}
{{- include "millrace.redisMount" . }}
{{- if .Values.scheduler.documents }}
{{- include "millrace.documentsMount" (dict "root" .) }}
{{- end }}
{{- if .Values.configuration }}
- { name: configuration, mountPath: /configuration, readOnly: true }
{{- end }}
{{- if .Values.scheduler.podDeletionCost.enabled }}
- { name: kubernetes, mountPath: /var/run/secrets/kubernetes.io/serviceaccount, readOnly: true }
{{- end }}
{{- include "millrace.extraMounts" .Values.scheduler }}
{{- end -}}

{{- define "millrace.schedulerVolumes" -}}
{{ include "millrace.tokensVolume" (dict "root" . "tokens" (list "internal" "worker" "admin")) }}
{{- include "millrace.tlsVolume" (dict "root" . "listener" "scheduler") }}
{{- include "millrace.redisVolume" . }}
{{- if .Values.scheduler.documents }}
{{- include "millrace.documentsVolume" (dict "root" .) }}
{{- end }}
{{- if .Values.configuration }}
- name: configuration
  configMap: { name: {{ include "millrace.name" . }}-configuration }
{{- end }}
{{- if .Values.scheduler.podDeletionCost.enabled }}
# What Kubernetes would mount itself into every pod of the service account. Only schedulers get it.
- name: kubernetes
  projected:
    sources:
      - serviceAccountToken: { path: token, expirationSeconds: 3600 }
      - configMap: { name: kube-root-ca.crt, items: [{ key: ca.crt, path: ca.crt }] }
      - downwardAPI: { items: [{ path: namespace, fieldRef: { fieldPath: metadata.namespace } }] }
{{- end }}
{{- include "millrace.extraVolumes" .Values.scheduler }}
{{- end -}}
