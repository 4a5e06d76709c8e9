export {
  type FaultDetails,
  type ModelProvider,
  type ModelSource,
  ProviderFault,
} from "@millrace/shared";
export type { DocumentContent, NewDocument, StoredDocument } from "./calls/new-document.ts";
export { defineExecutor, type PayloadViolation } from "./define-executor.ts";
export type {
  AttemptContext,
  Executor,
  Log,
  LogLevel,
  SettledAttempt,
} from "./executor.ts";
export type {
  ChildJob,
  ChildResult,
  Children,
  ChildrenInTurn,
  ChildState,
  FanOutManyOptions,
  FanOutManyResult,
  FanOutOptions,
  FanOutResult,
  ManyChildResult,
  ReadManyOptions,
} from "./groups/contract.ts";
export { WaitingForChildren } from "./groups/waiting.ts";
export {
  JobFailure,
  type JobFailureOptions,
  NonRetryableError,
  type ProviderRefusal,
} from "./job-failure.ts";
export { type AttemptModelsOptions, attemptModels } from "./models/attempt-models.ts";
export type {
  AttemptModels,
  BegunModelCall,
  BindModels,
  Embeddings,
  EmbedRequest,
  EndedModelCall,
  ModelAnswer,
  ModelAttempt,
  ModelCallObserver,
  ModelCallOutcome,
  ModelRelayRequest,
  ModelRequest,
  ModelStream,
} from "./models/contract.ts";
export type { UsageDelta } from "./usage-delta.ts";
export { startWorker } from "./worker.ts";
export type {
  DrainOnSignal,
  RunningWorker,
  TracedCall,
  WorkerOptions,
  WorkerTls,
} from "./worker-options.ts";
export { WorkerRefusedError } from "./worker-refused.ts";
