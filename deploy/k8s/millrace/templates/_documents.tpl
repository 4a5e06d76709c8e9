{{/* Where documents are: in an object store if it has a bucket, else on the volume that all pods share. */}}
{{- define "millrace.documentsSettings" -}}
{{- $s3 := .Values.documents.s3 }}
{{- if $s3.bucket }}
MILLRACE_DOCUMENTS_S3: s3://{{ $s3.bucket }}{{ with $s3.prefix }}/{{ . }}{{ end }}
{{- with $s3.endpoint }}
MILLRACE_S3_ENDPOINT: {{ . }}
{{- end }}
{{- with $s3.region }}
MILLRACE_S3_REGION: {{ . }}
{{- end }}
MILLRACE_S3_PATH_STYLE: {{ $s3.pathStyle | quote }}
MILLRACE_S3_TIMEOUT_MS: {{ mul $s3.timeoutSeconds 1000 | quote }}
{{- else }}
MILLRACE_DOCUMENTS_DIR: /documents
{{- end }}
{{- end -}}

{{/* The credentials for the object store. Without a Secret the pods use the identity of their service account. */}}
{{- define "millrace.documentsEnv" -}}
{{- $s3 := .Values.documents.s3 }}
{{- if and $s3.bucket $s3.existingSecret }}
- name: AWS_ACCESS_KEY_ID
  valueFrom:
    secretKeyRef:
      name: {{ $s3.existingSecret }}
      key: {{ $s3.accessKeyIdKey }}
- name: AWS_SECRET_ACCESS_KEY
  valueFrom:
    secretKeyRef:
      name: {{ $s3.existingSecret }}
      key: {{ $s3.secretAccessKeyKey }}
{{- end }}
{{- end -}}

{{/* Call with dict "root", and "readOnly" for services that only read documents. */}}
{{- define "millrace.documentsMount" -}}
{{- if not .root.Values.documents.s3.bucket }}
- { name: documents, mountPath: /documents{{ if .readOnly }}, readOnly: true{{ end }} }
{{- end }}
{{- end -}}

{{- define "millrace.documentsVolume" -}}
{{- if not .root.Values.documents.s3.bucket }}
- name: documents
  persistentVolumeClaim: { claimName: {{ include "millrace.documentsClaim" .root }}{{ if .readOnly }}, readOnly: true{{ end }} }
{{- end }}
{{- end -}}

{{/* A rule of a network policy: to the object store, and to what gives the pods their credentials. */}}
{{- define "millrace.documentsEgress" -}}
{{- $s3 := .Values.documents.s3 }}
{{- if $s3.bucket }}
- ports: [{ port: {{ $s3.port }}, protocol: TCP }]
  {{- with $s3.to }}
  to:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}
{{- end -}}
