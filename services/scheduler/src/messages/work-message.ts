import { type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { durationFromMs } from "@bufbuild/protobuf/wkt";
import type { AdoptOutcome, AppendOutcome, Lease, NewChunk } from "@millrace/engine";
import { JobState, ProgressSchema } from "@millrace/proto/job";
import {
  AssignmentSchema,
  type LeaseRef as LeaseRefMessage,
  type LeaseRefSchema,
  type LeaseStatusSchema,
  type OutputAckSchema,
  type SettleAckSchema,
  type WelcomeSchema,
  type WorkerChunk,
  WriteStatus,
} from "@millrace/proto/worker-service";
import { timestampOf } from "@millrace/runtime";
import { jobBytes, parseJobId } from "@millrace/shared";
import type { EndOutcome } from "../session/end-attempts.ts";
import { fromDetails } from "./job-details.ts";

export function chunkOf({ content }: WorkerChunk, seq: number): NewChunk {
  if (content.case === "text") return { seq, kind: "text", body: content.value };
  if (content.case === "progress") {
    return { seq, kind: "progress", body: toBinary(ProgressSchema, content.value) };
  }
  return { seq, kind: "data", body: content.value ?? new Uint8Array() };
}

/** A lower bound of a lease's size as an assignment. */
export const assignmentBytes = ({ job }: Lease): number =>
  jobBytes(job.labels, job.payloadJson, job.checkpointJson);

/** A lease as its worker receives it. `ref` names the lease in the worker's later messages. */
export function assignmentOf(
  lease: Lease,
  ref: MessageInitShape<typeof LeaseRefSchema>,
): MessageInitShape<typeof AssignmentSchema> {
  const { job } = lease;
  const parts = parseJobId(lease.jobId);
  return {
    lease: ref,
    queue: parts?.queue ?? "",
    keyId: parts?.keyId ?? "",
    type: job.type,
    attempt: lease.attempt,
    maxAttempts: job.maxAttempts,
    payloadJson: job.payloadJson,
    ...fromDetails(AssignmentSchema, job.details),
    pool: job.pool ?? "",
    account: lease.route?.account ?? "",
    providerModel: lease.route?.model ?? "",
    labels: { ...job.labels },
    traceparent: job.traceparent ?? "",
    fanOuts: job.childGroups?.filter((id) => id !== job.finalizes).length ?? 0,
    finalizesGroupId: job.finalizes ?? "",
    checkpointJson: job.checkpointJson ?? "",
    ...(job.deadlineMs === undefined ? {} : { deadline: timestampOf(job.deadlineMs) }),
  };
}

/** The answer to an attempt's output. No outcome means that the store is unavailable. */
export function outputAck(
  ref: LeaseRefMessage | undefined,
  outcome: AppendOutcome | undefined,
): MessageInitShape<typeof OutputAckSchema> {
  const lease = ref === undefined ? {} : { lease: ref };
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

/** The answer to an attempt's end. No outcome means that the store is unavailable. */
export function settleAck(
  ref: LeaseRefMessage | undefined,
  outcome: EndOutcome | undefined,
): MessageInitShape<typeof SettleAckSchema> {
  const lease = ref === undefined ? {} : { lease: ref };
  switch (outcome?.kind) {
    case undefined:
      return { ...lease, status: WriteStatus.RETRY };
    case "leaseLost":
    case "invalid":
      return { ...lease, status: WriteStatus.LEASE_LOST };
    case "settled":
      return {
        ...lease,
        status: WriteStatus.STORED,
        state: JobState[outcome.state],
        bounced: outcome.bounced ?? false,
      };
  }
}

/** Whether a worker that reconnects still holds a lease, and where its output continues. */
export function leaseStatus(
  lease: LeaseRefMessage,
  outcome: AdoptOutcome | undefined,
): MessageInitShape<typeof LeaseStatusSchema> {
  if (outcome?.kind !== "adopted") return { lease, held: false };
  const { nextSeq, job } = outcome.lease;
  return { lease, held: true, nextSequence: nextSeq, cancelRequested: job.cancelRequested };
}

type WelcomeMessage = MessageInitShape<typeof WelcomeSchema>;

/** What a worker is told first. It sends heartbeats so often that one may be lost. */
export const welcomeOf = ({
  leaseMs,
  stopGraceMs,
  ...rest
}: {
  readonly schedulerId: string;
  readonly leaseMs: number;
  readonly stopGraceMs: number;
  readonly leases: NonNullable<WelcomeMessage["leases"]>;
  readonly undefinedQueues: string[];
  readonly unknownPools: string[];
}): Omit<WelcomeMessage, "$typeName"> => ({
  ...rest,
  leaseDuration: durationFromMs(leaseMs),
  heartbeatInterval: durationFromMs(Math.floor(leaseMs / 3)),
  stopGrace: durationFromMs(stopGraceMs),
});
