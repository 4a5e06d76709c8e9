import type { CallOptions } from "./connect-options.ts";
import type { Document } from "./document-message.ts";
import type { DocumentSource, DownloadOptions, UploadOptions } from "./documents.ts";
import type { Explanation } from "./explanation.ts";
import type { Group, GroupChild, NewChild, NewGroup } from "./group.ts";
import type { Job, JobState, NewJob } from "./job.ts";
import type { JobToken, JobTokenOptions } from "./job-token.ts";
import type { Quote } from "./quote.ts";
import type { NewSchedule, Schedule, ScheduleChanges, StoredSchedule } from "./schedule.ts";
import type { SubmitOutcome, Submitted } from "./submit-stream.ts";
import type { TextDelta } from "./text.ts";
import type { WatchEvent, WatchOptions } from "./watch.ts";
import type { GroupWatchOptions } from "./watch-group.ts";
import type { Webhooks } from "./webhooks.ts";

export interface ListFilter {
  readonly queue: string;
  /** Empty or left out: jobs in all states. */
  readonly states?: readonly JobState[];
  readonly type?: string;
  readonly label?: { readonly name: string; readonly value: string };
  /** How many jobs one request fetches, up to 500. */
  readonly pageSize?: number;
}

export interface CreateGroupOptions extends CallOptions {
  /** True: no more jobs will join. If a child is refused, the group stays OPEN. */
  readonly close?: boolean;
}

/** One group. Its calls do not read it first: a group that does not exist fails with GROUP_NOT_FOUND. */
export interface GroupHandle {
  readonly id: string;
  /** Submits each job independently, as a child of the group. The outcomes come in the order of the jobs. */
  submit(jobs: readonly NewChild[], options?: CallOptions): Promise<readonly SubmitOutcome[]>;
  /** Says that no more jobs will join. */
  close(options?: CallOptions): Promise<Group>;
  get(options?: CallOptions): Promise<Group>;
  /** Resolves with the group once it is in any final state. Without a deadline it waits for ever. */
  done(options?: CallOptions): Promise<Group>;
  /** Yields the group at once and after each change until its final state, even if the connection is cut. */
  watch(options?: GroupWatchOptions): AsyncIterable<Group>;
  /** Yields the children in order, with what they gave, fetched page by page. */
  children<Result = unknown>(options?: CallOptions): AsyncIterable<GroupChild<Result>>;
  /** Cancels the group with its children and its finalizer. Running children end within a few seconds. */
  cancel(options?: CallOptions & { readonly reason?: string }): Promise<Group>;
}

export interface CreatedGroup extends GroupHandle {
  /** The outcomes of the jobs that were created with the group, in their order. */
  readonly outcomes: readonly SubmitOutcome[];
}

/** Schedules submit jobs at due times. */
export interface Schedules {
  /** A schedule that exists with this spec is returned. Rejects with SCHEDULE_EXISTS if it has another one. */
  create(schedule: NewSchedule, options?: CallOptions): Promise<StoredSchedule>;
  get(scheduleId: string, options?: CallOptions): Promise<Schedule>;
  /** Yields the schedules of a queue by name, fetched page by page. */
  list(
    filter: { readonly queue: string; readonly pageSize?: number },
    options?: CallOptions,
  ): AsyncIterable<Schedule>;
  /** Replaces the fields that are given, the job as a whole. */
  update(
    scheduleId: string,
    changes: ScheduleChanges,
    options?: CallOptions,
  ): Promise<StoredSchedule>;
  pause(scheduleId: string, options?: CallOptions & { readonly note?: string }): Promise<Schedule>;
  /** Due times during the pause are not made up for. */
  resume(scheduleId: string, options?: CallOptions): Promise<Schedule>;
  /** Submits a job now, whatever the overlap policy, and also while the schedule is paused. It is not repeated. */
  runNow(scheduleId: string, options?: CallOptions): Promise<{ readonly jobId: string }>;
  /** The jobs that it has submitted stay. It is not repeated. */
  delete(scheduleId: string, options?: CallOptions): Promise<void>;
}

/** Every failure is a MillraceError. Calls that are safe to repeat are repeated until their deadline. */
export interface Millrace {
  /** Resolves once the job is durable. Rejects if it is refused. Submissions at the same time share a request. */
  submit(job: NewJob, options?: CallOptions): Promise<Submitted>;
  /** Submits each job independently. The outcomes come in the order of the jobs. */
  submitMany(jobs: readonly NewJob[], options?: CallOptions): Promise<readonly SubmitOutcome[]>;
  /**
   * Submits a job and waits for its end. Rejects with JOB_FAILED, JOB_CANCELLED or JOB_EXPIRED if the job has no
   * result.
   */
  run<Result = unknown>(job: NewJob, options?: CallOptions): Promise<Job<Result>>;
  getJob<Result = unknown>(jobId: string, options?: CallOptions): Promise<Job<Result>>;
  /**
   * Resolves with the job, without its payload, once it is in any final state. Without a deadline it waits for
   * ever.
   */
  wait<Result = unknown>(jobId: string, options?: CallOptions): Promise<Job<Result>>;
  /**
   * Yields each change and each output chunk once until the final state, even if the connection is cut. Leaving
   * the loop ends the watch.
   */
  watch<Result = unknown>(jobId: string, options?: WatchOptions): AsyncIterable<WatchEvent<Result>>;
  /** Yields only the text while the executor writes it. Throws as `run` does if the job ends without a result. */
  text(jobId: string, options?: WatchOptions): AsyncIterable<TextDelta>;
  /** Returns the job, which is CANCELLED, or still RUNNING with `cancelRequested`. */
  cancel(jobId: string, options?: CallOptions & { readonly reason?: string }): Promise<Job>;
  /** Yields the newest jobs first, fetched page by page, without payloads and results. */
  list(filter: ListFilter, options?: CallOptions): AsyncIterable<Job>;
  /** Why a job waits. */
  explain(jobId: string, options?: CallOptions): Promise<Explanation>;
  /**
   * Says what up to 1,000 jobs would spend, and when they would run, if they were submitted together now. It submits and
   * reserves nothing.
   */
  quote(jobs: readonly NewJob[], options?: CallOptions): Promise<Quote>;
  /** Makes a credential for one job and a short time, for example for a web page that shows the job. */
  createJobToken(jobId: string, options?: JobTokenOptions): Promise<JobToken>;

  /**
   * Creates a group, with any number of children. It is not repeated: after a failure whose code is UNAVAILABLE or
   * DEADLINE_EXCEEDED the group may exist all the same.
   */
  createGroup(
    group: NewGroup,
    jobs?: readonly NewChild[],
    options?: CreateGroupOptions,
  ): Promise<CreatedGroup>;
  /** A group that exists, by its id. */
  group(groupId: string): GroupHandle;
  /** Yields the newest groups first, fetched page by page. */
  listGroups(
    filter: { readonly queue: string; readonly pageSize?: number },
    options?: CallOptions,
  ): AsyncIterable<Group>;

  readonly schedules: Schedules;
  readonly webhooks: Webhooks;

  /** Without a deadline the upload has no time limit. */
  uploadDocument(source: DocumentSource, options?: UploadOptions): Promise<Document>;
  getDocument(documentId: string, options?: CallOptions): Promise<Document>;
  /** Yields the newest documents first, fetched page by page. */
  listDocuments(options?: CallOptions & { readonly pageSize?: number }): AsyncIterable<Document>;
  /** Deletes a document. Fails with DOCUMENT_IN_USE if a job names it that has not finished. */
  deleteDocument(documentId: string, options?: CallOptions): Promise<void>;
  downloadDocument(documentId: string, options?: DownloadOptions): AsyncIterable<Uint8Array>;

  /**
   * Refuses new calls, and waits for submissions, uploads and other calls under way. It then ends the watches and
   * waits that are left.
   */
  close(): Promise<void>;
}
