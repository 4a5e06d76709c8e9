export type { ExecutionContext, Executor, Log, LogLevel, UsageDelta } from "./executor.ts";
export {
  JobFailure,
  type JobFailureOptions,
  NonRetryableError,
  type ProviderRefusal,
} from "./job-failure.ts";
export { type RunningWorker, startWorker, type WorkerOptions } from "./worker.ts";
