import type { MessageInitShape } from "@bufbuild/protobuf";
import type { Engine, JobRecord, JobSpec } from "@millrace/engine";
import type { JobSchema } from "@millrace/proto/job";
import { type JobId, limits } from "@millrace/shared";
import { jobMessage } from "../messages/job-message.ts";
import type { SubmissionOutcome } from "../messages/submit-result.ts";

type Message = MessageInitShape<typeof JobSchema>;

/** An upper bound of a job without its payload and result, unless it has very long labels or errors. */
const FIXED_BYTES = 2_048;

const bytesOf = ({ payloadJson = "", resultJson = "" }: Message): number =>
  Buffer.byteLength(payloadJson) + Buffer.byteLength(resultJson) + FIXED_BYTES;

/** Returns the jobs that were not refused, as many as fit a message. Gateways ask for the others. */
export async function returnedJobs(
  engine: Pick<Engine, "getJobs">,
  submissions: readonly { readonly spec: JobSpec; readonly outcome: SubmissionOutcome }[],
  nowMs: number,
): Promise<Message[]> {
  const stored = submissions.flatMap(({ spec, outcome }) => storedId(spec, outcome) ?? []);
  const read = stored.length === 0 ? [] : [...(await engine.getJobs(stored))];
  const jobs = submissions.flatMap(({ spec, outcome }) => {
    if (storedId(spec, outcome) !== undefined) {
      const job = read.shift();
      if (job === undefined) return [];
      return [jobMessage(outcome.kind === "accepted" ? { ...job, payloadJson: "" } : job)];
    }
    return outcome.kind === "accepted" ? [jobMessage(acceptedJob(spec, nowMs))] : [];
  });
  let bytes = 0;
  return jobs.filter((job) => {
    bytes += bytesOf(job);
    return bytes <= limits.messageBytes;
  });
}

/** The id of a job that must be read: one that existed has changed since, and where a new child waits depends on its group. */
function storedId(spec: JobSpec, outcome: SubmissionOutcome): JobId | undefined {
  if (outcome.kind === "existing") return outcome.jobId;
  return outcome.kind === "accepted" && spec.group !== undefined ? spec.id : undefined;
}

/** A job as it was just stored, without its payload, which its gateway has. */
function acceptedJob(spec: JobSpec, nowMs: number): JobRecord {
  const { runAtMs = 0 } = spec;
  return {
    ...spec,
    payloadJson: "",
    createdAtMs: spec.submittedAtMs,
    attempt: 0,
    cancelRequested: false,
    output: { nextOffset: 0 },
    stalls: 0,
    bounces: 0,
    ...(runAtMs > nowMs ? { state: "SCHEDULED", nextRunAtMs: runAtMs } : { state: "QUEUED" }),
  };
}
