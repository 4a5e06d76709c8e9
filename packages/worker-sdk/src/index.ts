export type { DocumentContent, NewDocument, StoredDocument } from "./calls/new-document.ts";
export { defineExecutor, type PayloadViolation } from "./define-executor.ts";
export type {
  AttemptContext,
  Executor,
  Log,
  LogLevel,
  SettledAttempt,
  UsageDelta,
} from "./executor.ts";
export type {
  ChildJob,
  ChildResult,
  Children,
  ChildState,
  FanOutOptions,
  FanOutResult,
} from "./groups/contract.ts";
export { WaitingForChildren } from "./groups/waiting.ts";
export {
  JobFailure,
  type JobFailureOptions,
  NonRetryableError,
  type ProviderRefusal,
} from "./job-failure.ts";
export { startWorker } from "./worker.ts";
export type {
  DrainOnSignal,
  RunningWorker,
  TracedCall,
  WorkerOptions,
  WorkerTls,
} from "./worker-options.ts";
export { WorkerRefusedError } from "./worker-refused.ts";
