import type { CallOptions } from "./connect-options.ts";
import type { Document, DocumentSource, UploadOptions } from "./documents.ts";
import type { Explanation } from "./explanation.ts";
import type { Job, JobState, NewJob } from "./job.ts";
import type { SubmitOutcome, Submitted } from "./submit-stream.ts";
import type { TextDelta } from "./text.ts";
import type { WatchEvent, WatchOptions } from "./watch.ts";

export interface ListFilter {
  readonly queue: string;
  /** Empty or left out: jobs in all states. */
  readonly states?: readonly JobState[];
  readonly type?: string;
  readonly label?: { readonly name: string; readonly value: string };
  /** How many jobs one request fetches, up to 500. */
  readonly pageSize?: number;
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

  /** Without a deadline the upload has no time limit. */
  uploadDocument(source: DocumentSource, options?: UploadOptions): Promise<Document>;
  getDocument(documentId: string, options?: CallOptions): Promise<Document>;
  downloadDocument(documentId: string, options?: CallOptions): AsyncIterable<Uint8Array>;

  /**
   * Refuses new calls, and waits for submissions, uploads and other calls under way. It then ends the watches and
   * waits that are left.
   */
  close(): Promise<void>;
}
