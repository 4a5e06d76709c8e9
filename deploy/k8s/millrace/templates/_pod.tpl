{{/* The common parts of the pods of all services. */}}

{{/* Metadata of a pod. Call with dict "root", "component", "metricsPort" and "own" (its values). */}}
{{- define "millrace.podMetadata" -}}
labels:
  {{- /* Labels of one's own do not replace those that select the pods. */}}
  {{- merge (include "millrace.selector" . | fromYaml) .own.podLabels | toYaml | nindent 2 }}
annotations:
  {{- if and .root.Values.metrics.annotations .metricsPort }}
  prometheus.io/scrape: "true"
  prometheus.io/port: {{ .metricsPort | quote }}
  prometheus.io/path: /metrics
  {{- end }}
  {{- with .config }}
  # A changed setting restarts the pods.
  millrace.dev/settings: {{ . | sha256sum | trunc 16 }}
  {{- end }}
  {{- with .own.podAnnotations }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end -}}

{{/* The node and the user of a pod. Call with dict "root", "component" and "own". */}}
{{- define "millrace.podSpec" -}}
# With service links Kubernetes would set MILLRACE_GATEWAY_PORT and similar names to tcp://…. These are names of our settings.
enableServiceLinks: false
automountServiceAccountToken: false
serviceAccountName: {{ include "millrace.serviceAccount" .root }}
securityContext:
  {{- toYaml .root.Values.podSecurityContext | nindent 2 }}
{{- with concat .root.Values.global.imagePullSecrets .root.Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .own.initContainers }}
initContainers:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .own.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with .own.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .own.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .own.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
topologySpreadConstraints:
{{- if .own.topologySpreadConstraints }}
  {{- toYaml .own.topologySpreadConstraints | nindent 2 }}
{{- else }}
{{- $call := . }}
{{- range list "kubernetes.io/hostname" "topology.kubernetes.io/zone" }}
  - maxSkew: 1
    topologyKey: {{ . }}
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels:
        {{- include "millrace.selector" $call | nindent 8 }}
    # During a rollout the pods of the version before do not count.
    matchLabelKeys: [{{ eq $call.component "redis" | ternary "controller-revision-hash" "pod-template-hash" }}]
{{- end }}
{{- end }}
{{- end -}}

{{- define "millrace.containerSecurity" -}}
{{ toYaml .Values.containerSecurityContext }}
{{- end -}}

{{/* The liveness probe (the process runs) and the readiness probe (it accepts calls), on the port named metrics. */}}
{{- define "millrace.probes" -}}
startupProbe:
  httpGet: { path: /healthz, port: metrics }
  periodSeconds: 2
  failureThreshold: 60
livenessProbe:
  httpGet: { path: /healthz, port: metrics }
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 6
readinessProbe:
  httpGet: { path: /readyz, port: metrics }
  periodSeconds: 5
  timeoutSeconds: 3
{{- end -}}

{{/*
The files of tokens: their mount and their volume. When the Secret changes, Kubernetes replaces the files, and the services read
them again. Call the volume with dict "root" and "tokens", the names of the tokens.
*/}}
{{- define "millrace.tokensMount" -}}
- { name: tokens, mountPath: /tokens, readOnly: true }
{{- end -}}

{{- define "millrace.tokensVolume" -}}
- name: tokens
  secret:
    secretName: {{ include "millrace.authSecret" .root }}
    items:
      {{- range .tokens }}
      - { key: {{ . }}-token, path: {{ . }}-token }
      {{- end }}
{{- end -}}

{{/* The environment variables that the operator sets or takes from Secrets. Call with a service's values. */}}
{{- define "millrace.ownEnv" -}}
{{- range $env, $value := .env }}
- name: {{ $env }}
  value: {{ kindIs "float64" $value | ternary (printf "%.0f" (float64 $value)) (toString $value) | quote }}
{{- end }}
{{- range $env, $from := .secretEnv }}
- name: {{ $env }}
  valueFrom:
    secretKeyRef:
      name: {{ $from.name }}
      key: {{ $from.key }}
{{- end }}
{{- end -}}

{{/* Further mounts of the main container, and volumes of the pod. Call with a service's values. */}}
{{- define "millrace.extraMounts" -}}
{{- with .extraVolumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "millrace.extraVolumes" -}}
{{- with .extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* Containers that run beside the main one. Call with a service's values. */}}
{{- define "millrace.sidecars" -}}
{{- with .sidecars }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* The variables that the operator sets, for a ConfigMap. Call with dict "root" and "own". */}}
{{- define "millrace.chosenSettings" -}}
{{- range $name, $value := .root.Values.otel }}
{{ $name }}: {{ $value | quote }}
{{- end }}
{{- range $name, $value := .own.settings }}
{{ $name }}: {{ kindIs "float64" $value | ternary (printf "%.0f" (float64 $value)) (toString $value) | quote }}
{{- end }}
{{- end -}}
