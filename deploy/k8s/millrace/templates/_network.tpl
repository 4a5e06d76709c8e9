{{/* Rules that several network policies share. Call with the root. */}}
{{- define "millrace.scrapers" -}}
- ports: [{ port: metrics, protocol: TCP }]
  {{- with .Values.networkPolicy.scrapers }}
  from:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end -}}

{{- define "millrace.commonEgress" -}}
# Allows DNS.
- ports: [{ port: 53, protocol: UDP }, { port: 53, protocol: TCP }]
{{- with .Values.networkPolicy.extraEgress }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* What a Service of type LoadBalancer has besides. Call with its values. */}}
{{- define "millrace.loadBalancer" -}}
{{- if eq .type "LoadBalancer" }}
{{- with .loadBalancerClass }}
loadBalancerClass: {{ . }}
{{- end }}
{{- with .loadBalancerSourceRanges }}
loadBalancerSourceRanges:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
{{- end -}}
