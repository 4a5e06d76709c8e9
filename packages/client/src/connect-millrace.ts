import { DocumentService } from "@millrace/proto/document-service";
import { JobState as StateMessage } from "@millrace/proto/job";
import { JobService } from "@millrace/proto/job-service";
import type { CallOptions, ConnectOptions } from "./connect-options.ts";
import { Connection } from "./connection.ts";
import {
  type Document,
  type DocumentSource,
  documentOf,
  downloadDocument,
  type UploadOptions,
  uploadDocument,
} from "./documents.ts";
import { type Explanation, explanationOf } from "./explanation.ts";
import { type Job, type JobState, jobOf, type NewJob } from "./job.ts";
import { JobEnds, succeeded } from "./job-end.ts";
import { closedError } from "./millrace-error.ts";
import { repeating } from "./retrying.ts";
import { accepted, submissionOf } from "./submission.ts";
import { type SubmitOutcome, SubmitStream, type Submitted } from "./submit-stream.ts";
import { type TextDelta, textOf } from "./text.ts";
import { type WatchEvent, type WatchOptions, watchJob } from "./watch.ts";

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

/** Connects on first use. */
export function connectMillrace(options: ConnectOptions): Millrace {
  const connection = new Connection(options);
  const { method } = JobService;
  const submissions = new SubmitStream(connection);
  const ends = new JobEnds(connection, submissions);
  let closing = false;

  const submitOn = (stream: SubmitStream, job: NewJob, call: CallOptions) =>
    new Promise<SubmitOutcome>((resolve) => {
      stream.add([submissionOf(job, connection, call, resolve)]);
    });
  const submit: Millrace["submit"] = async (job, call = {}) => {
    if (closing) throw closedError();
    return accepted(await submitOn(submissions, job, call));
  };
  const getJob = async <Result>(jobId: string, call: CallOptions = {}): Promise<Job<Result>> => {
    const { job } = await repeating(connection, call, (deadlineAtMs) =>
      connection.unary(method.getJob, { jobId }, deadlineAtMs, call.signal),
    );
    return jobOf<Result>(given(job));
  };
  const watch = <Result>(jobId: string, watchOptions: WatchOptions = {}) =>
    watchJob<Result>(connection, jobId, watchOptions);

  return {
    submit,
    async submitMany(jobs, call = {}) {
      if (closing) throw closedError();
      return Promise.all(jobs.map((job) => submitOn(submissions, job, call)));
    },
    run: <Result>(job: NewJob, call: CallOptions = {}) =>
      closing ? Promise.reject(closedError()) : ends.run<Result>(job, call).then(succeeded),
    getJob,
    wait: <Result>(jobId: string, call: CallOptions = {}) =>
      closing ? Promise.reject(closedError()) : ends.wait<Result>(jobId, call),
    watch,
    text: (jobId, watchOptions) => textOf(watch(jobId, watchOptions)),
    async cancel(jobId, { reason = "", ...call } = {}) {
      const { job } = await repeating(connection, call, (deadlineAtMs) =>
        connection.unary(method.cancelJob, { jobId, reason }, deadlineAtMs, call.signal),
      );
      return jobOf(given(job));
    },
    async *list({ queue, states = [], type = "", label, pageSize = 0 }, call = {}) {
      const filter = {
        queue,
        states: states.map((state) => StateMessage[state]),
        type,
        label: label === undefined ? "" : `${label.name}=${label.value}`,
        pageSize,
      };
      let pageToken = "";
      do {
        const page = await repeating(connection, call, (deadlineAtMs) =>
          connection.unary(method.listJobs, { ...filter, pageToken }, deadlineAtMs, call.signal),
        );
        for (const job of page.jobs) yield jobOf(job);
        pageToken = page.nextPageToken;
      } while (pageToken !== "");
    },
    async explain(jobId, call = {}) {
      return explanationOf(
        await repeating(connection, call, (deadlineAtMs) =>
          connection.unary(method.explainJob, { jobId }, deadlineAtMs, call.signal),
        ),
      );
    },
    uploadDocument: (source, upload = {}) =>
      connection.underWay(uploadDocument(connection, source, upload)),
    async getDocument(documentId, call = {}) {
      const { document } = await repeating(connection, call, (deadlineAtMs) =>
        connection.unary(
          DocumentService.method.getDocument,
          { documentId },
          deadlineAtMs,
          call.signal,
        ),
      );
      return documentOf(given(document));
    },
    downloadDocument: (documentId, call = {}) => downloadDocument(connection, documentId, call),
    async close() {
      closing = true;
      await Promise.all([submissions.settled(), connection.settled()]);
      submissions.close();
      ends.close();
      connection.close();
    },
  };
}

function given<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("the gateway left its answer empty");
  return value;
}
