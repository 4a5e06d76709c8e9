{{/* The common parts of the pods of all services. */}}

{{/* Metadata of a pod. Call with dict "root", "component", "metricsPort" and "own" (its values). */}}
{{- define "millrace.podMetadata" -}}
labels:
  {{- include "millrace.selector" . | nindent 2 }}
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
serviceAccountName: {{ include "millrace.name" .root }}
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile: { type: RuntimeDefault }
{{- with .root.Values.imagePullSecrets }}
imagePullSecrets:
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
  - maxSkew: 1
    topologyKey: kubernetes.io/hostname
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels:
        {{- include "millrace.selector" . | nindent 8 }}
{{- end -}}

{{- define "millrace.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: { drop: [ALL] }
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

{{/* An environment variable from a key of the Secret with the tokens. Call with dict "root", "env" and "key". */}}
{{- define "millrace.token" -}}
- name: {{ .env }}
  valueFrom:
    secretKeyRef:
      name: {{ include "millrace.authSecret" .root }}
      key: {{ .key }}
      {{- if .optional }}
      optional: true
      {{- end }}
{{- end -}}

{{/* The environment variables that the operator takes from Secrets. Call with a service's values. */}}
{{- define "millrace.secretEnv" -}}
{{- range $env, $from := .secretEnv }}
- name: {{ $env }}
  valueFrom:
    secretKeyRef:
      name: {{ $from.name }}
      key: {{ $from.key }}
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
