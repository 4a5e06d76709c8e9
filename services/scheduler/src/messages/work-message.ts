import { type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import type { AppendOutcome, Lease, NewChunk, SettleOutcome } from "@millrace/engine";
import { JobState, ProgressSchema } from "@millrace/proto/job";
import {
  AssignmentSchema,
  type LeaseRef as LeaseRefMessage,
  type LeaseRefSchema,
  type OutputAckSchema,
  type SettleAckSchema,
  type WorkerChunk,
  WriteStatus,
} from "@millrace/proto/worker-service";
import { timestampOf } from "@millrace/runtime";
import { jobBytes, parseJobId } from "@millrace/shared";
import { fromDetails } from "./job-details.ts";

export function chunkOf({ content }: WorkerChunk, seq: number): NewChunk {
  if (content.case === "text") return { seq, kind: "text", body: content.value };
  if (content.case === "progress") {
    return { seq, kind: "progress", body: toBinary(ProgressSchema, content.value) };
  }
  return { seq, kind: "data", body: content.value ?? new Uint8Array() };
}

/** At least what a lease takes as an assignment. */
export const assignmentBytes = ({ job }: Lease): number => jobBytes(job.labels, job.payloadJson);

/** A lease as its worker is told of it. `name` is what the worker calls the lease by. */
export function assignmentOf(
  lease: Lease,
  name: MessageInitShape<typeof LeaseRefSchema>,
): MessageInitShape<typeof AssignmentSchema> {
  const { job } = lease;
  const parts = parseJobId(lease.jobId);
  return {
    lease: name,
    queue: parts?.queue ?? "",
    keyId: parts?.keyId ?? "",
    type: job.type,
    attempt: lease.attempt,
    maxAttempts: job.maxAttempts,
    payloadJson: job.payloadJson,
    ...fromDetails(AssignmentSchema, job.details),
    pool: job.pool ?? "",
    labels: { ...job.labels },
    traceparent: job.traceparent ?? "",
    ...(job.deadlineMs === undefined ? {} : { deadline: timestampOf(job.deadlineMs) }),
  };
}

/** The answer to an attempt's output; without an outcome the store is away. */
export function outputAck(
  name: LeaseRefMessage | undefined,
  outcome: AppendOutcome | undefined,
): MessageInitShape<typeof OutputAckSchema> {
  const lease = name === undefined ? {} : { lease: name };
  switch (outcome?.kind) {
    case undefined:
      return { ...lease, status: WriteStatus.RETRY };
    case "leaseLost":
      return { ...lease, status: WriteStatus.LEASE_LOST };
    case "gap":
      return { ...lease, status: WriteStatus.GAP, nextSequence: outcome.expectedSeq };
    case "full":
      return { ...lease, status: WriteStatus.FULL, nextSequence: outcome.nextSeq };
    case "appended":
      return { ...lease, status: WriteStatus.STORED, nextSequence: outcome.nextSeq };
  }
}

/** The answer to an attempt's end; without an outcome the store is away. */
export function settleAck(
  name: LeaseRefMessage | undefined,
  outcome: SettleOutcome | undefined,
): MessageInitShape<typeof SettleAckSchema> {
  const lease = name === undefined ? {} : { lease: name };
  switch (outcome?.kind) {
    case undefined:
      return { ...lease, status: WriteStatus.RETRY };
    case "leaseLost":
    case "invalid":
      return { ...lease, status: WriteStatus.LEASE_LOST };
    case "settled":
      return { ...lease, status: WriteStatus.STORED, state: JobState[outcome.state] };
  }
}
