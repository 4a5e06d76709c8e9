/** All names that dashboards, alerts and trace queries may rely on. */
export const spanNames = {
  queueWait: "millrace.queue_wait",
  attempt: "millrace.attempt",
  readDocument: "millrace.read_document",
  providerCall: "millrace.provider_call",
} as const;

export const attributeNames = {
  jobId: "millrace.job.id",
  jobType: "millrace.job.type",
  groupId: "millrace.group.id",
  queue: "millrace.queue",
  attempt: "millrace.attempt",
  heldBy: "millrace.held_by",
  documentId: "millrace.document.id",
  pages: "millrace.document.pages",
  providerOutcome: "millrace.provider.outcome",
  provider: "gen_ai.provider.name",
  model: "gen_ai.request.model",
  inputTokens: "gen_ai.usage.input_tokens",
  outputTokens: "gen_ai.usage.output_tokens",
  rpcSystem: "rpc.system.name",
  rpcMethod: "rpc.method",
  rpcStatus: "rpc.response.status_code",
  errorType: "error.type",
} as const;

/** The units are seconds and plain counts, as Prometheus recommends. */
export const metricNames = {
  jobDuration: "millrace_job_duration_seconds",
  jobWait: "millrace_job_wait_seconds",
  jobsSubmitted: "millrace_jobs_submitted_total",
  jobsShed: "millrace_jobs_shed_total",
  jobsLeased: "millrace_jobs_leased_total",
  jobsCompleted: "millrace_jobs_completed_total",
  jobsFailed: "millrace_jobs_failed_total",
  jobsRetried: "millrace_jobs_retried_total",
  providerCooldowns: "millrace_provider_cooldowns_total",
  jobsBounced: "millrace_jobs_bounced_total",
  jobsHandedBack: "millrace_jobs_handed_back_total",
  jobsFannedOut: "millrace_jobs_fanned_out_total",
  jobsStalled: "millrace_jobs_stalled_total",
  jobsRepaired: "millrace_jobs_repaired_total",
  lanesHeld: "millrace_lanes_held_total",
  jobsCancelled: "millrace_jobs_cancelled_total",
  jobsExpired: "millrace_jobs_expired_total",
  tokens: "millrace_tokens_total",
  outputChunks: "millrace_output_chunks_total",
  outputBytes: "millrace_output_bytes_total",
  groupsCreated: "millrace_groups_created_total",
  groupsUnfinished: "millrace_groups_unfinished",
  queueLength: "millrace_queue_length",
  redisMemoryUsed: "millrace_redis_memory_used_bytes",
  redisMemoryLimit: "millrace_redis_memory_limit_bytes",
  loopFailures: "millrace_loop_failures_total",
  reloadFailed: "millrace_configuration_reload_failed",
  relayedChunks: "millrace_relayed_chunks_total",
  relayedBytes: "millrace_relayed_bytes_total",
  workerSlots: "millrace_worker_slots",
  workerAttempts: "millrace_worker_attempts_total",
  providerCallDuration: "millrace_provider_call_duration_seconds",
  awaitedJobs: "millrace_awaited_jobs",
  rpcCalls: "millrace_rpc_calls_total",
  rpcDuration: "millrace_rpc_duration_seconds",
} as const;

/** Names of fields in log lines. */
export const logFields = { traceId: "trace_id", spanId: "span_id", jobId: "job_id" } as const;
