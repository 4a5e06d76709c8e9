export { connectMillrace } from "./connect-millrace.ts";
export type { CallOptions, ConnectOptions } from "./connect-options.ts";
export type { Document } from "./document-message.ts";
export type {
  DocumentContentType,
  DocumentSource,
  DownloadOptions,
  UploadOptions,
} from "./documents.ts";
export type { Constraint, Explanation, RouteExplanation } from "./explanation.ts";
export type {
  Group,
  GroupChild,
  GroupProgress,
  GroupRule,
  GroupState,
  NewChild,
  NewFinalizer,
  NewGroup,
} from "./group.ts";
export type { Job, JobFailure, JobRoute, JobState, NewJob, Usage } from "./job.ts";
export type { JobToken, JobTokenOptions, JobTokenRight } from "./job-token.ts";
export type {
  CreatedGroup,
  CreateGroupOptions,
  GroupHandle,
  ListFilter,
  Millrace,
  Schedules,
} from "./millrace.ts";
export {
  type ClientReason,
  type ErrorCode,
  MillraceError,
  type Violation,
} from "./millrace-error.ts";
export type { JobQuote, Quote, QuotedRange, QuotedTimes } from "./quote.ts";
export type {
  NewSchedule,
  OverlapPolicy,
  Schedule,
  ScheduleChanges,
  ScheduledJob,
  StoredSchedule,
} from "./schedule.ts";
export type { SubmitOutcome, Submitted } from "./submit-stream.ts";
export type { TextDelta } from "./text.ts";
export type { WatchEvent, WatchOptions } from "./watch.ts";
export type { GroupWatchOptions } from "./watch-group.ts";
export type {
  Callback,
  NewWebhookEndpoint,
  WebhookAttempt,
  WebhookDelivery,
  WebhookDeliveryState,
  WebhookEndpoint,
  WebhookEndpointChange,
  WebhookPause,
} from "./webhook.ts";
export type { DeliveryFilter, RotatedSecret, RotateOptions, Webhooks } from "./webhooks.ts";
