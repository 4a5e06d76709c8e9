import { DocumentService } from "@millrace/proto/document-service";
import { JobState as StateMessage } from "@millrace/proto/job";
import { JobService, type SubmitResult } from "@millrace/proto/job-service";
import { createBatcher, limits } from "@millrace/shared";
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
import { type Job, type JobState, jobOf, type NewJob, specOf } from "./job.ts";
import { succeeded, waitForEnd } from "./job-end.ts";
import { errorOfStatus, type MillraceError } from "./millrace-error.ts";
import { repeating } from "./retrying.ts";
import { type TextDelta, textOf } from "./text.ts";
import { type WatchEvent, type WatchOptions, watchJob } from "./watch.ts";

/** A job that is stored: nothing but its retention's end takes it away. */
export interface Submitted {
  readonly jobId: string;
  /** It was there already, by its idempotency key. */
  readonly existing: boolean;
}

export type SubmitOutcome =
  | ({ readonly kind: "accepted" } & Submitted)
  | { readonly kind: "refused"; readonly error: MillraceError };

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
  /** Each job for itself, answered in order; rejects only for what concerns all of them. */
  submitMany(jobs: readonly NewJob[], options?: CallOptions): Promise<readonly SubmitOutcome[]>;
  /** Submits a job and waits for its end; rejects with JOB_FAILED, JOB_CANCELLED or JOB_EXPIRED if it has no result. */
  run<Result = unknown>(job: NewJob, options?: CallOptions): Promise<Job<Result>>;
  getJob<Result = unknown>(jobId: string, options?: CallOptions): Promise<Job<Result>>;
  /** The job once it is in its final state, whichever. Without a deadline it waits for ever. */
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

  /** Takes no more calls, waits for submissions under way, and ends the connections. */
  close(): Promise<void>;
}

const SUBMITS_IN_FLIGHT = 4;
/** More than what a job's parts of a fixed length take. */
const FIXED_BYTES = 2_048;

/** About what a job takes in a message, and more rather than less. */
function specBytes({
  payload,
  labels = {},
  idempotencyKey = "",
}: ReturnType<typeof specOf>): number {
  const texts = [...Object.entries(labels).flat(), idempotencyKey];
  if (typeof payload?.value === "string") texts.push(payload.value);
  return texts.reduce((sum, text) => sum + Buffer.byteLength(text), FIXED_BYTES);
}

/** Connects on first use. */
export function connectMillrace(options: ConnectOptions): Millrace {
  const connection = new Connection(options);
  const { method } = JobService;
  const submits = createBatcher<ReturnType<typeof specOf>, SubmitOutcome>({
    maxItems: limits.jobsPerSubmit,
    maxWeight: limits.messageBytes,
    weigh: specBytes,
    maxInFlight: SUBMITS_IN_FLIGHT,
    flush: async (jobs) => {
      const request = { jobs: [...jobs] };
      const response = await connection.unary(
        method.submitJobs,
        request,
        connection.deadlineAtMs({}),
      );
      return response.results.map(outcomeOf);
    },
  });
  const submitMany: Millrace["submitMany"] = (jobs) =>
    Promise.all(jobs.map((job) => submits.add(specOf(job))));

  const submit: Millrace["submit"] = async (job) => {
    const [outcome] = await submitMany([job]);
    if (outcome === undefined) throw new Error("the gateway left a job without an answer");
    if (outcome.kind === "refused") throw outcome.error;
    return { jobId: outcome.jobId, existing: outcome.existing };
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
    submitMany,
    async run<Result>(job: NewJob, call: CallOptions = {}) {
      const { jobId } = await submit(job, call);
      return succeeded(await waitForEnd<Result>(connection, jobId, call));
    },
    getJob,
    wait: <Result>(jobId: string, call: CallOptions = {}) =>
      waitForEnd<Result>(connection, jobId, call),
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
    uploadDocument: (source, upload = {}) => uploadDocument(connection, source, upload),
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
      connection.close();
    },
  };
}

function outcomeOf({ result, existing }: SubmitResult): SubmitOutcome {
  if (result.case === "jobId") return { kind: "accepted", jobId: result.value, existing };
  if (result.case === "error") return { kind: "refused", error: errorOfStatus(result.value) };
  throw new Error("the gateway answered neither id nor error");
}

function given<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("the gateway left its answer empty");
  return value;
}
