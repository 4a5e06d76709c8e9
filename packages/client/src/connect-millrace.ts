import type { MessageInitShape } from "@bufbuild/protobuf";
import type { Job, JobSpecSchema } from "@millrace/proto/job";
import {
  JobService,
  type ListJobsRequestSchema,
  type ListJobsResponse,
  type SubmitResult,
  type WatchJobResponse,
} from "@millrace/proto/job-service";
import { createBatcher, limits } from "@millrace/shared";
import { Connection, type ConnectOptions } from "./connection.ts";

export type { ConnectOptions } from "./connection.ts";

type JobInit = MessageInitShape<typeof JobSpecSchema>;

export interface Millrace {
  /** Durable once it resolves: with the job's id, or why it was refused. Calls at once share a request. */
  submit(job: JobInit): Promise<SubmitResult>;
  getJob(jobId: string): Promise<Job | undefined>;
  /** From `fromOffset` on, until the job's final state. Leaving the loop cancels. */
  watch(jobId: string, fromOffset?: bigint): AsyncIterable<WatchJobResponse>;
  cancel(jobId: string, reason?: string): Promise<Job | undefined>;
  list(filter: MessageInitShape<typeof ListJobsRequestSchema>): Promise<ListJobsResponse>;
  close(): void;
}

const SUBMITS_IN_FLIGHT = 4;
/** More than what a job's parts of a fixed length take. */
const FIXED_BYTES = 2_048;

/** About what a job takes in a message, and more rather than less. */
function jobBytes({ payload, labels = {}, idempotencyKey = "" }: JobInit): number {
  const value = payload?.value ?? "";
  const payloadJson = typeof value === "string" ? value : JSON.stringify(value);
  const texts = [...Object.entries(labels).flat(), idempotencyKey, payloadJson];
  return texts.reduce((sum, text) => sum + Buffer.byteLength(text), FIXED_BYTES);
}

/** Connects on first use. */
export function connectMillrace(options: ConnectOptions): Millrace {
  const connection = new Connection(options);
  const { method } = JobService;
  const submits = createBatcher<JobInit, SubmitResult>({
    maxItems: limits.jobsPerSubmit,
    maxWeight: limits.messageBytes,
    weigh: jobBytes,
    maxInFlight: SUBMITS_IN_FLIGHT,
    flush: async (jobs) => (await connection.unary(method.submitJobs, { jobs: [...jobs] })).results,
  });
  return {
    submit: (job) => submits.add(job),
    getJob: async (jobId) => (await connection.unary(method.getJob, { jobId })).job,
    watch: (jobId, fromOffset = 0n) =>
      connection.serverStream(method.watchJob, { jobId, fromOffset }),
    cancel: async (jobId, reason = "") =>
      (await connection.unary(method.cancelJob, { jobId, reason })).job,
    list: (filter) => connection.unary(method.listJobs, filter),
    close: () => connection.close(),
  };
}
