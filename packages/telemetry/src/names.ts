/** Every name that dashboards, alerts and trace queries may rely on. */
export const spanNames = {
  queueWait: "millrace.queue_wait",
  attempt: "millrace.attempt",
  providerCall: "millrace.provider_call",
} as const;

export const attributeNames = {
  jobId: "millrace.job.id",
  jobType: "millrace.job.type",
  queue: "millrace.queue",
  attempt: "millrace.attempt",
  keyId: "millrace.key.id",
  rpcSystem: "rpc.system.name",
  rpcMethod: "rpc.method",
} as const;

/** Seconds and plain counts, as Prometheus wants them. */
export const metricNames = {
  jobDuration: "millrace_job_duration_seconds",
  jobWait: "millrace_job_wait_seconds",
  jobsSubmitted: "millrace_jobs_submitted_total",
  jobsCompleted: "millrace_jobs_completed_total",
  jobsFailed: "millrace_jobs_failed_total",
  jobsRetried: "millrace_jobs_retried_total",
  queueLength: "millrace_queue_length",
  rpcCalls: "millrace_rpc_calls_total",
  rpcDuration: "millrace_rpc_duration_seconds",
} as const;

/** Fields of log lines. */
export const logFields = { traceId: "trace_id", spanId: "span_id" } as const;
