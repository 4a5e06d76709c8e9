import { create } from "@bufbuild/protobuf";
import { type Timestamp, timestampFromMs, timestampMs } from "@bufbuild/protobuf/wkt";
import type { DocumentStore } from "@millrace/documents";
import { type JobSpec, JobSpecSchema } from "@millrace/proto/job";
import { type SubmitResult, SubmitResultSchema } from "@millrace/proto/job-service";
import { assertValid, RpcFault, rpcError, toRpcStatus } from "@millrace/runtime";
import {
  type Clock,
  createBatcher,
  type JobId,
  type KeyId,
  limits,
  newJobId,
  type QueueName,
  type Random,
} from "@millrace/shared";
import { injectTrace } from "@millrace/telemetry";
import type { Scheduler } from "./caller.ts";
import { SCHEDULER_DEADLINE_MS } from "./read-job.ts";

export interface SubmitterOptions {
  readonly scheduler: Scheduler;
  readonly documents: DocumentStore;
  readonly clock: Clock;
  readonly random: Random;
}

/** Resolves to what became of the job; rejects only for what is not the job's fault. */
export type Submitter = (keyId: KeyId, spec: JobSpec) => Promise<SubmitResult>;

const SUBMITS_IN_FLIGHT = 4;

interface NewJob {
  readonly id: JobId;
  readonly spec: JobSpec;
  readonly submitTime: Timestamp;
}

/** More than what a job's parts of a fixed length take. */
const FIXED_BYTES = 2_048;

/** At least what a checked job takes in a message. */
function specBytes({ payload, labels, idempotencyKey }: JobSpec): number {
  const texts = [...Object.entries(labels).flat(), idempotencyKey];
  if (payload.case === "payloadJson") texts.push(payload.value);
  return texts.reduce((sum, text) => sum + Buffer.byteLength(text), FIXED_BYTES);
}

const malformed = (field: string, description: string) =>
  rpcError({
    reason: "MALFORMED",
    message: `${field}: ${description}`,
    violations: [{ field, description }],
  });

const malformedPayload = () => malformed("payload", "must be a JSON object");

function payloadJsonOf({ payload }: JobSpec): string {
  if (payload.case === undefined) return "{}";
  if (payload.case === "payloadStruct") return JSON.stringify(payload.value);
  try {
    const value: unknown = JSON.parse(payload.value);
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw malformedPayload();
    }
  } catch {
    throw malformedPayload();
  }
  return payload.value;
}

/** Submits jobs; those that arrive together, of any caller, go to the scheduler as one group. */
export function createSubmitter(options: SubmitterOptions): Submitter {
  const { scheduler, documents, clock, random } = options;
  const batcher = createBatcher<NewJob, SubmitResult>({
    maxItems: limits.jobsPerSubmit,
    maxWeight: limits.messageBytes,
    weigh: ({ spec }) => specBytes(spec),
    maxInFlight: SUBMITS_IN_FLIGHT,
    flush: async (jobs) =>
      (await scheduler.submit({ jobs: [...jobs] }, { deadlineMs: SCHEDULER_DEADLINE_MS })).results,
  });

  const check = async (keyId: KeyId, spec: JobSpec): Promise<JobSpec> => {
    assertValid(JobSpecSchema, spec);
    const payloadJson = payloadJsonOf(spec);
    if (Buffer.byteLength(payloadJson) > limits.payloadBytes) {
      const message = `the payload is over ${limits.payloadBytes} bytes`;
      throw rpcError({ reason: "TOO_LARGE", message });
    }
    if (spec.runAt && timestampMs(spec.runAt) - clock.nowMs() > limits.runAtAheadMs) {
      throw malformed("run_at", "must be at most 366 days ahead");
    }
    for (const id of spec.documentIds) {
      if ((await documents.get(id, keyId)) === undefined) {
        throw rpcError({ reason: "DOCUMENT_NOT_FOUND", message: `there is no document ${id}` });
      }
    }
    // A job that names no trace of its own belongs to that of the call.
    const traced = spec.traceparent === "" ? { ...spec, ...injectTrace() } : spec;
    return { ...traced, payload: { case: "payloadJson", value: payloadJson } };
  };

  return async (keyId, spec) => {
    let checked: JobSpec;
    try {
      checked = await check(keyId, spec);
    } catch (error) {
      if (!(error instanceof RpcFault)) throw error;
      return create(SubmitResultSchema, { result: { case: "error", value: toRpcStatus(error) } });
    }
    const nowMs = clock.nowMs();
    const id = newJobId(checked.queue as QueueName, keyId, nowMs, random);
    const accepted = await batcher.add({ id, spec: checked, submitTime: timestampFromMs(nowMs) });
    const existing =
      accepted.existing || (accepted.result.case === "jobId" && accepted.result.value !== id);
    return { ...accepted, existing };
  };
}
