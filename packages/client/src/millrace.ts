import type { CallOptions } from "./connect-options.ts";
import type { Document, DocumentSource, UploadOptions } from "./documents.ts";
import type { Explanation } from "./explanation.ts";
import type { Job, JobState, NewJob } from "./job.ts";
import type { SubmitOutcome, Submitted } from "./submit-stream.ts";
import type { TextDelta } from "./text.ts";
import type { WatchEvent, WatchOptions } from "./watch.ts";

export interface ListFilter {
  readonly queue: string;
  /** Empty or left out: all. */
  readonly states?: readonly JobState[];
  readonly type?: string;
  readonly label?: { readonly name: string; readonly value: string };
  /** How many are fetched at once, up to 500. */
  readonly pageSize?: number;
}

/** Every failure is a MillraceError. Calls that are safe to repeat are repeated within their deadline. */
export interface Millrace {
  /** Resolves once the job is durable; rejects if it is refused. Calls at once share a request. */
  submit(job: NewJob, options?: CallOptions): Promise<Submitted>;
  /** Each job for itself, answered in order. */
  submitMany(jobs: readonly NewJob[], options?: CallOptions): Promise<readonly SubmitOutcome[]>;
  /** Submits a job and waits for its end; rejects with JOB_FAILED, JOB_CANCELLED or JOB_EXPIRED if it has no result. */
  run<Result = unknown>(job: NewJob, options?: CallOptions): Promise<Job<Result>>;
  getJob<Result = unknown>(jobId: string, options?: CallOptions): Promise<Job<Result>>;
  /** The job, without its payload, once it is in its final state, whichever. Without a deadline it waits for ever. */
  wait<Result = unknown>(jobId: string, options?: CallOptions): Promise<Job<Result>>;
  /** Output and changes until the final state, each once, across cuts. Leaving the loop ends the watch. */
  watch<Result = unknown>(jobId: string, options?: WatchOptions): AsyncIterable<WatchEvent<Result>>;
  /** Just the text, as it is written; throws as `run` does if the job ends without a result. */
  text(jobId: string, options?: WatchOptions): AsyncIterable<TextDelta>;
  /** CANCELLED, or still RUNNING with `cancelRequested`. */
  cancel(jobId: string, options?: CallOptions & { readonly reason?: string }): Promise<Job>;
  /** Newest first, page by page, without payloads and results. */
  list(filter: ListFilter, options?: CallOptions): AsyncIterable<Job>;
  /** Why a job waits. */
  explain(jobId: string, options?: CallOptions): Promise<Explanation>;

  /** Without a deadline it may take as long as it takes. */
  uploadDocument(source: DocumentSource, options?: UploadOptions): Promise<Document>;
  getDocument(documentId: string, options?: CallOptions): Promise<Document>;
  downloadDocument(documentId: string, options?: CallOptions): AsyncIterable<Uint8Array>;

  /** Takes no more calls, waits for submissions, uploads and calls under way, and ends the rest: watches and waits. */
  close(): Promise<void>;
}
