/**
 * All names in traces: of spans, span events and attributes, and the values of attributes that have few. Queries and
 * dashboards may rely on them. Names that begin with `millrace.` are ours. All others are those of OpenTelemetry's
 * semantic conventions, in the version of the package @opentelemetry/semantic-conventions, with which a test compares
 * them. Names of the package's incubating part may still change:
 * - general, resource: https://opentelemetry.io/docs/specs/semconv/resource/service/
 * - RPC: https://opentelemetry.io/docs/specs/semconv/rpc/rpc-spans/
 * - HTTP: https://opentelemetry.io/docs/specs/semconv/http/http-spans/
 * - messaging: https://opentelemetry.io/docs/specs/semconv/messaging/messaging-spans/
 * - GenAI: https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-spans/
 */
export const spanNames = {
  /** From the time at which the job could run until an attempt started, or the job ended. */
  queueWait: "millrace.queue_wait",
  /** From the job's submission until its start time. */
  scheduled: "millrace.scheduled",
  /** Between the end of an attempt and the time at which the job may run again. */
  backoff: "millrace.backoff",
  /** The job waited for children that it handed over, or as a finalizer for those of its group. */
  childrenWait: "millrace.children_wait",
  /** A child waited for room in its group. */
  roomWait: "millrace.group_room_wait",
  attempt: "millrace.attempt",
  settle: "millrace.settle",
  readDocument: "millrace.read_document",
  webhookRequest: "millrace.webhook_request",
} as const;

/** The name of a call of a model, as GenAI spans are named: `{operation} {model}`. */
export const modelCallName = (model: string, operation: string = genAiOperations.chat): string =>
  `${operation} ${model}`;

export const spanEvents = {
  /** A constraint began to hold the job. */
  held: "millrace.held",
  /** A job of a call was refused. */
  jobRefused: "millrace.job_refused",
} as const;

/** Our own attributes. */
const ownAttributes = {
  jobId: "millrace.job.id",
  jobType: "millrace.job.type",
  /** The job's state after what the span covers. */
  jobState: "millrace.job.state",
  groupId: "millrace.group.id",
  scheduleId: "millrace.schedule.id",
  queue: "millrace.queue",
  /** The number of the attempt, from 1. Of a wait: of the attempt that follows it. */
  attempt: "millrace.attempt",
  /** One of `attemptOutcomes`. */
  attemptOutcome: "millrace.attempt.outcome",
  workerId: "millrace.worker.id",
  /** Of a settlement: the reason of the failure, or why the worker handed the job back. */
  reason: "millrace.reason",
  /** One of `waitOutcomes`. */
  waitOutcome: "millrace.wait.outcome",
  /** All constraints that held the job, as `explain` names them. */
  heldBy: "millrace.held_by",
  /** Of the event `millrace.held`. */
  constraint: "millrace.constraint",
  heldMs: "millrace.held_ms",
  /** The jobs of a call that were refused. */
  refusedJobs: "millrace.jobs.refused",
  /** Of the event `millrace.job_refused`: the place of the job in its call, from 0. */
  jobIndex: "millrace.job.index",
  documentId: "millrace.document.id",
  pages: "millrace.document.pages",
  providerOutcome: "millrace.provider.outcome",
} as const;

/** Attributes of the semantic conventions. */
export const conventionalAttributes = {
  serviceName: "service.name",
  serviceNamespace: "service.namespace",
  serviceVersion: "service.version",
  serverAddress: "server.address",
  serverPort: "server.port",
  clientAddress: "client.address",
  errorType: "error.type",

  rpcSystem: "rpc.system.name",
  rpcMethod: "rpc.method",
  rpcStatus: "rpc.response.status_code",

  httpMethod: "http.request.method",
  httpStatus: "http.response.status_code",
  httpRoute: "http.route",
  urlPath: "url.path",
  urlScheme: "url.scheme",
  urlFull: "url.full",

  messagingSystem: "messaging.system",
  messagingOperation: "messaging.operation.name",
  messagingOperationType: "messaging.operation.type",
  messagingDestination: "messaging.destination.name",
  messagingMessageId: "messaging.message.id",
  messagingClientId: "messaging.client.id",
  messagingBatch: "messaging.batch.message_count",

  operation: "gen_ai.operation.name",
  provider: "gen_ai.provider.name",
  model: "gen_ai.request.model",
  maxTokens: "gen_ai.request.max_tokens",
  stream: "gen_ai.request.stream",
  responseModel: "gen_ai.response.model",
  responseId: "gen_ai.response.id",
  finishReasons: "gen_ai.response.finish_reasons",
  /** In seconds. */
  firstChunk: "gen_ai.response.time_to_first_chunk",
  inputTokens: "gen_ai.usage.input_tokens",
  outputTokens: "gen_ai.usage.output_tokens",
  cachedTokens: "gen_ai.usage.cache_read.input_tokens",
  reasoningTokens: "gen_ai.usage.reasoning.output_tokens",
} as const;

export const attributeNames = { ...ownAttributes, ...conventionalAttributes } as const;

/** How an attempt ended. Only `retried`, `failed`, `expired` and `lost` are failures, and make the span an error. */
export const attemptOutcomes = {
  completed: "completed",
  /** It failed, and the job is tried again. */
  retried: "retried",
  /** The provider refused it for load, or is down. The job waits, and no attempt is spent. */
  bounced: "bounced",
  /** It failed, and so did the job. */
  failed: "failed",
  /** The job did not finish by its deadline. */
  expired: "expired",
  /** The job was cancelled. */
  stopped: "stopped",
  /** The worker returned the job unfinished, because it drains or has no executor for the type. */
  handedBack: "handed_back",
  /** The job waits for children that it handed over. */
  waiting: "waiting",
  /** Its worker was lost, and its lease expired. */
  lost: "lost",
} as const;
export type AttemptOutcome = (typeof attemptOutcomes)[keyof typeof attemptOutcomes];

const failures: ReadonlySet<string> = new Set([
  ...[attemptOutcomes.retried, attemptOutcomes.failed],
  ...[attemptOutcomes.expired, attemptOutcomes.lost],
]);

/** Whether an attempt that ended like this failed. A cancelled, bounced or returned one did not. */
export const isFailure = (outcome: string): boolean => failures.has(outcome);

/** How a wait ended: an attempt started, or the job ended without one. */
export const waitOutcomes = {
  over: "over",
  cancelled: "cancelled",
  expired: "expired",
  failed: "failed",
} as const;

export const SERVICE_NAMESPACE = "millrace";
export const MESSAGING_SYSTEM = "millrace";
export const genAiOperations = {
  chat: "chat",
  "chat.completions": "chat",
  responses: "chat",
  embeddings: "embeddings",
} as const;

/** The operation types of messaging: what callers, schedulers and workers do with a job. */
export const messagingOperations = {
  send: "send",
  receive: "receive",
  process: "process",
  settle: "settle",
} as const;

/** The attributes of every span about one job in a queue. */
export const jobAttributes = (
  operation: keyof typeof messagingOperations,
  job: { readonly jobId: string; readonly queue: string; readonly type: string },
): Record<string, string> => ({
  [attributeNames.messagingSystem]: MESSAGING_SYSTEM,
  [attributeNames.messagingOperation]: operation,
  [attributeNames.messagingOperationType]: messagingOperations[operation],
  [attributeNames.messagingDestination]: job.queue,
  [attributeNames.messagingMessageId]: job.jobId,
  [attributeNames.jobId]: job.jobId,
  [attributeNames.jobType]: job.type,
  [attributeNames.queue]: job.queue,
});
