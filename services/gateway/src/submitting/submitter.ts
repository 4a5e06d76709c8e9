import { create } from "@bufbuild/protobuf";
import type { Job, JobSpec } from "@millrace/proto/job";
import type { SubmitResult } from "@millrace/proto/job-service";
import { type NewJob, NewJobSchema } from "@millrace/proto/scheduler-service";
import { RpcFault, rpcError, timestampOf } from "@millrace/runtime";
import {
  createGroupBatcher,
  createLoopTurns,
  groups,
  jobBytes,
  type KeyId,
  limits,
  newJobId,
  type QueueName,
  type Random,
} from "@millrace/shared";
import { injectTrace, type TraceHeaders, traceIdOfParent } from "@millrace/telemetry";
import { refusedResult } from "../messages/refused-result.ts";
import { type ConditionCheck, isConditional } from "../quoting/conditions.ts";
import type { Scheduler } from "../scheduler/scheduler-client.ts";
import type { SchedulerClock } from "../scheduler/scheduler-clock.ts";
import { describeRefusals, describeSubmission, tracesOf } from "./describe-submission.ts";
import type { JobPreparer } from "./prepare-job.ts";

export interface SubmitterOptions {
  readonly scheduler: Scheduler;
  readonly prepare: JobPreparer;
  /** Checks jobs that set a condition, such as a largest cost. */
  readonly checkConditions: ConditionCheck;
  /** The clock that stamps jobs. */
  readonly schedulerClock: Pick<SchedulerClock, "nowMs" | "known">;
  readonly random: Random;
}

/** The result of one job, and with `returnJobs` the job itself unless it was refused. */
export interface Submitted {
  readonly result: SubmitResult;
  readonly job?: Job | undefined;
}

export interface SubmitOptions {
  readonly returnJobs?: boolean;
  /** The trace that jobs without one of their own join. Default: that of the active span. */
  readonly trace?: TraceHeaders;
}

/**
 * Submits jobs of one caller independently of each other, and returns the results in the same order. Rejects only for
 * errors that belong to no single job; it is then unknown which jobs were submitted.
 */
export type Submitter = (
  keyId: KeyId,
  specs: readonly JobSpec[],
  options?: SubmitOptions,
) => Promise<readonly Submitted[]>;

const SUBMITS_IN_FLIGHT = 4;
/**
 * How many bytes of JSON one call checks before it yields to other calls. In the worst case, JSON of members only, parsing
 * as much takes 20 ms, and parsing one payload of the largest size twice as long. A job, a label, a document and a
 * violation, which has to be reported, each cost a fixed number of bytes besides the payload.
 */
const CHECKED_AT_ONCE_BYTES = 128 * 1024;
const JOB_BYTES = 256;
const ENTRY_BYTES = 64;
const VIOLATION_BYTES = 256;

/** Estimates the cost of checking a job. The length of a structured payload as JSON is not known before. */
function checkBytes({ payload, labels, documentIds }: JobSpec): number {
  let bytes = JOB_BYTES + documentIds.length * ENTRY_BYTES;
  for (const _ in labels) bytes += ENTRY_BYTES;
  return bytes + payloadLength({ payload });
}

const payloadLength = ({ payload }: Pick<JobSpec, "payload">): number =>
  payload.case === "payloadJson" ? payload.value.length : 0;

/** The size of a checked job in a message. Its payload is text by then. */
const specBytes = ({ labels, idempotencyKey, payload }: JobSpec): number =>
  jobBytes(labels, idempotencyKey, payload.case === "payloadJson" ? payload.value : undefined);

const groupLimits = {
  maxItems: limits.jobsPerSubmit,
  maxWeight: limits.messageBytes,
  weigh: ({ spec }: NewJob) => (spec === undefined ? 0 : specBytes(spec)),
};

/** Adds refused jobs to the call's span. */
function reported(specs: readonly JobSpec[], answers: readonly Submitted[]): readonly Submitted[] {
  describeRefusals(
    specs,
    answers.map(({ result }) => result),
  );
  return answers;
}

/** Submits jobs in groups. Jobs of all callers that arrive together go to the scheduler as one group. */
export function createSubmitter(options: SubmitterOptions): Submitter {
  const { scheduler, prepare, checkConditions, schedulerClock, random } = options;
  const nextTurn = createLoopTurns();
  const batches = createGroupBatcher<NewJob, Submitted>({
    ...groupLimits,
    maxInFlight: SUBMITS_IN_FLIGHT,
    async flush(jobs) {
      const links = () => jobs.flatMap(({ spec }) => (spec === undefined ? [] : [tracesOf(spec)]));
      const { results, jobs: returned } = await scheduler.submit({ jobs: [...jobs] }, { links });
      const byId = new Map(returned.map((job) => [job.id, job]));
      return results.map((result, index) => {
        if (result.result.case !== "jobId") return { result };
        // If the scheduler knew this id before, only our own retry can have submitted it: such a job is new for the caller.
        result.existing = result.result.value !== jobs[index]?.id;
        if (!result.existing) result.traceId = traceIdOfParent(jobs[index]?.spec?.traceparent);
        return { result, job: byId.get(result.result.value) };
      });
    },
  });

  /** Which jobs their own conditions refuse, and why, in the order of the jobs. */
  const refusalsOf = async (keyId: KeyId, specs: readonly JobSpec[], nowMs: number) => {
    const conditional = specs.flatMap((spec, at) => (isConditional(spec) ? [{ spec, at }] : []));
    if (conditional.length === 0) return [];
    const some = conditional.map(({ spec }) => spec);
    const refusals = await checkConditions(keyId, some, nowMs);
    return conditional.flatMap(({ at }, index) => {
      const refusal = refusals[index];
      return refusal === undefined ? [] : [[at, refusal] as const];
    });
  };

  return async (keyId, specs, { returnJobs = false, trace = injectTrace() } = {}) => {
    await schedulerClock.known();
    const nowMs = schedulerClock.nowMs();
    const submitTime = timestampOf(nowMs);
    const answers = new Array<Submitted>(specs.length);
    const indexes: number[] = [];
    const jobs: NewJob[] = [];
    const costs = specs.map(checkBytes);
    // Decoding the message has already used a part of this turn of the event loop.
    let checkedBytes = costs.reduce((sum, bytes) => sum + bytes, 0) / 2;
    for (const [index, spec] of specs.entries()) {
      const bytes = costs[index] ?? 0;
      if (checkedBytes + bytes > CHECKED_AT_ONCE_BYTES) {
        await nextTurn();
        checkedBytes = 0;
      }
      checkedBytes += bytes;
      const isStruct = spec.payload.case === "payloadStruct";
      try {
        const lookedUp = prepare(keyId, spec, nowMs);
        if (lookedUp !== undefined) await lookedUp;
      } catch (error) {
        if (!(error instanceof RpcFault)) throw error;
        checkedBytes += error.violations.length * VIOLATION_BYTES;
        answers[index] = { result: refusedResult(error) };
        continue;
      } finally {
        if (isStruct) checkedBytes += payloadLength(spec);
      }
      // A job without a trace of its own joins the trace of the call.
      if (spec.traceparent === "") Object.assign(spec, trace);
      const id = newJobId(spec.queue as QueueName, keyId, nowMs, random);
      indexes.push(index);
      jobs.push(create(NewJobSchema, { id, spec, submitTime, returnJob: returnJobs }));
    }
    const refusals = await refusalsOf(
      keyId,
      indexes.map((index) => specs[index] as JobSpec),
      nowMs,
    );
    for (const [at, refusal] of [...refusals].reverse()) {
      // From the last one, so that the places of the others do not change.
      answers[indexes[at] ?? 0] = { result: refusedResult(rpcError(refusal)) };
      indexes.splice(at, 1);
      jobs.splice(at, 1);
    }
    describeSubmission(specs);
    if (jobs.length === 0) return reported(specs, answers);
    const submitted = (await Promise.all([...groups(jobs, groupLimits)].map(batches.add))).flat();
    for (const [i, index] of indexes.entries()) answers[index] = submitted[i] as Submitted;
    return reported(specs, answers);
  };
}
