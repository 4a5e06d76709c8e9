export type { AttemptContext, Executor, Log, LogLevel, UsageDelta } from "./executor.ts";
export {
  JobFailure,
  type JobFailureOptions,
  NonRetryableError,
  type ProviderRefusal,
} from "./job-failure.ts";
export { startWorker } from "./worker.ts";
export type { RunningWorker, WorkerOptions } from "./worker-options.ts";
export { WorkerRefusedError } from "./worker-refused.ts";
