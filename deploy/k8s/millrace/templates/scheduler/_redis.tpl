{{/* The address of Redis and the credentials of schedulers. Call with the root. */}}
{{- define "millrace.redisEnv" -}}
{{- $external := .Values.externalRedis -}}
{{- $secret := $external.existingSecret -}}
{{- if .Values.redis.enabled }}
- name: MILLRACE_REDIS_URL
  valueFrom: { secretKeyRef: { name: {{ include "millrace.redisSecret" . }}, key: redis-url } }
{{- else if $external.cluster }}
- name: MILLRACE_REDIS_CLUSTER
  value: {{ join "," $external.cluster | quote }}
{{- else if $external.sentinels }}
- name: MILLRACE_REDIS_SENTINELS
  value: {{ join "," $external.sentinels | quote }}
- name: MILLRACE_REDIS_MASTER
  value: {{ required "with externalRedis.sentinels, externalRedis.masterName says which master they are asked for" $external.masterName | quote }}
{{- else }}
- name: MILLRACE_REDIS_URL
  valueFrom:
    secretKeyRef:
      name: {{ required "with redis.enabled=false, externalRedis.existingSecret names the Secret that holds the URL of your Redis; or name externalRedis.cluster or externalRedis.sentinels" $secret }}
      key: {{ $external.key }}
{{- end }}
{{- if not .Values.redis.enabled }}
{{- with $external.username }}
- name: MILLRACE_REDIS_USERNAME
  value: {{ quote . }}
{{- end }}
{{- with $external.passwordKey }}
- name: MILLRACE_REDIS_PASSWORD
  valueFrom: { secretKeyRef: { name: {{ required "externalRedis.passwordKey is a key of externalRedis.existingSecret" $secret }}, key: {{ . }} } }
{{- end }}
{{- with $external.sentinelUsername }}
- name: MILLRACE_REDIS_SENTINEL_USERNAME
  value: {{ quote . }}
{{- end }}
{{- with $external.sentinelPasswordKey }}
- name: MILLRACE_REDIS_SENTINEL_PASSWORD
  valueFrom: { secretKeyRef: { name: {{ required "externalRedis.sentinelPasswordKey is a key of externalRedis.existingSecret" $secret }}, key: {{ . }} } }
{{- end }}
{{- if and $external.tls.enabled (or $external.cluster $external.sentinels) }}
- name: MILLRACE_REDIS_TLS
  value: "true"
{{- end }}
{{- if $external.tls.existingSecret }}
- name: MILLRACE_REDIS_CA_FILE
  value: /redis-tls/ca.crt
{{- if $external.tls.clientCertificate }}
- name: MILLRACE_REDIS_CERT_FILE
  value: /redis-tls/tls.crt
- name: MILLRACE_REDIS_KEY_FILE
  value: /redis-tls/tls.key
{{- end }}
{{- end }}
{{- end }}
{{- end -}}

{{- define "millrace.redisMount" -}}
{{- if and (not .Values.redis.enabled) .Values.externalRedis.tls.existingSecret }}
- { name: redis-tls, mountPath: /redis-tls, readOnly: true }
{{- end }}
{{- end -}}

{{- define "millrace.redisVolume" -}}
{{- if and (not .Values.redis.enabled) .Values.externalRedis.tls.existingSecret }}
- name: redis-tls
  secret: { secretName: {{ .Values.externalRedis.tls.existingSecret }} }
{{- end }}
{{- end -}}

{{/* The Service of the chart's own Redis. Call with the root. */}}
{{- define "millrace.redisService" -}}
{{ include "millrace.name" . }}-redis-server
{{- end -}}

{{/* The Secret of the chart's own Redis. Call with the root. */}}
{{- define "millrace.redisSecret" -}}
{{ .Values.redis.existingSecret | default (printf "%s-redis" (include "millrace.name" .)) }}
{{- end -}}
