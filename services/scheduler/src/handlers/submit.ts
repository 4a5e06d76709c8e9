import { type Engine, type JobSpec, queueDefaults, type RetryDefaults } from "@millrace/engine";
import type { JobSpec as JobSpecMessage } from "@millrace/proto/job";
import type { NewJob, SchedulerService } from "@millrace/proto/scheduler-service";
import { type Handler, rpcError, timeMs } from "@millrace/runtime";
import { type Clock, createLoopTurns, isJobId, isQueueName, queueOf } from "@millrace/shared";
import { isRecording, linkSpan } from "@millrace/telemetry";
import { readPayload } from "../messages/content-hash.ts";
import { jobSpecOf } from "../messages/job-spec.ts";
import { refusalOf, type SubmissionOutcome, submitResult } from "../messages/submit-result.ts";
import type { JobObserver } from "../observing/job-observer.ts";
import type { MemoryPressure } from "../policy/memory-pressure.ts";
import { submitTimeMs } from "../policy/submit-time.ts";
import { gatherSubmissions, jobWeight } from "../submitting/gather-submissions.ts";
import { returnedJobs } from "../submitting/returned-jobs.ts";
import { type CallbackRules, callbackRefusal } from "../webhooks/callback-rules.ts";

/**
 * How many characters of JSON one call makes canonical before it yields to other calls. As much text takes 2 ms, and in
 * the worst case, members only, 20 ms. A longer payload is read in one turn of the event loop and made canonical in
 * another, at most 20 ms each.
 */
const HASHED_AT_ONCE = 128 * 1024;

/** How many characters of a job are made canonical. Gateways send payloads as text. */
const hashedCharacters = (spec: JobSpecMessage): number =>
  spec.idempotencyKey === "" ? 0 : payloadText(spec).length;

/** The trace that a job carries. */
const traceOf = ({ traceparent, tracestate }: JobSpecMessage) =>
  traceparent === "" ? {} : { traceparent, tracestate };

const payloadText = ({ payload }: JobSpecMessage): string =>
  payload.case === "payloadJson" ? payload.value : "";

/**
 * Submits jobs, and returns results in their order. A malformed job refuses the whole group: gateways check jobs before
 * they send them.
 */
export function submit(
  engine: Pick<Engine, "submit" | "getJobs" | "recentQueue">,
  observer: JobObserver,
  clock: Clock,
  pressure: Pick<MemoryPressure, "admits">,
  callbacks: CallbackRules,
): Handler<(typeof SchedulerService)["method"]["submit"], undefined> {
  const submitGathered = gatherSubmissions(engine);
  const nextTurn = createLoopTurns();
  return async ({ jobs }, { signal }) => {
    if (isRecording())
      linkSpan(jobs.flatMap(({ spec }) => (spec === undefined ? [] : [traceOf(spec)])));
    const queues = new Set(jobs.flatMap(({ spec }) => spec?.queue ?? []));
    const retryOf = await retryDefaults(engine, queues);
    const specs: JobSpec[] = [];
    let hashed = 0;
    for (const { id, spec, submitTime } of jobs) {
      if (!isJobId(id) || spec === undefined || queueOf(id) !== spec.queue) {
        throw rpcError({
          reason: "MALFORMED",
          message: `the id ${id} does not belong to the job's queue`,
        });
      }
      // This also yields before the first long job: decoding the message has already used a part of this turn.
      const hashes = hashedCharacters(spec);
      if (hashed + hashes > HASHED_AT_ONCE) {
        await nextTurn();
        hashed = 0;
      }
      hashed += hashes;
      const payload = hashes > HASHED_AT_ONCE ? readPayload(payloadText(spec)) : undefined;
      if (payload !== undefined) await nextTurn();
      const gatewayMs = submitTime === undefined ? undefined : timeMs(submitTime);
      const submittedAtMs = submitTimeMs(gatewayMs, clock.nowMs());
      const submitted = jobSpecOf(id, spec, submittedAtMs, retryOf(spec.queue), payload);
      specs.push({ ...submitted, refusedIfPast: true });
    }
    // If the call was aborted, its caller knows that it failed, and may have submitted the jobs elsewhere.
    signal.throwIfAborted();
    const refused = refusedCallbacks(jobs, callbacks);
    const taken = refused.size === 0 ? specs : specs.filter((_, index) => !refused.has(index));
    const bytes = taken.reduce((sum, spec) => sum + jobWeight(spec), 0);
    const stored: readonly SubmissionOutcome[] = pressure.admits(bytes)
      ? await submitGathered(taken)
      : taken.map(() => ({ kind: "storeFull" }));
    const rest = stored.values();
    const outcomes =
      refused.size === 0
        ? stored
        : specs.map((_, index) => refused.get(index) ?? rest.next().value);
    const results = specs.map(({ id, type }, index) => {
      const outcome = outcomes[index];
      if (outcome === undefined) throw new Error("the engine returned no outcome for a job");
      if (outcome.kind === "accepted") observer.submitted(id, type);
      if (outcome.kind === "storeFull") observer.shed();
      const refusal = refusalOf(id, outcome);
      if (refusal !== undefined) observer.refused(id, type, refusal.reason);
      return submitResult(id, outcome);
    });
    const toReturn = specs.flatMap((spec, index) =>
      jobs[index]?.returnJob ? [{ spec, outcome: outcomes[index] as SubmissionOutcome }] : [],
    );
    return { results, jobs: await returnedJobs(engine, toReturn, clock.nowMs()) };
  };
}

/** The jobs whose callback is refused, by their index. They are not stored, and the others are. */
function refusedCallbacks(
  jobs: readonly NewJob[],
  rules: CallbackRules,
): ReadonlyMap<number, SubmissionOutcome> {
  const refused = new Map<number, SubmissionOutcome>();
  for (const [index, { spec }] of jobs.entries()) {
    const refusal = callbackRefusal(spec?.callback, rules, { of: "job", path: "callback" });
    if (refusal !== undefined) refused.set(index, { kind: "callbackRefused", refusal });
  }
  return refused;
}

/** Reads the queues' retry policies, for jobs that leave out parts of theirs. */
async function retryDefaults(
  engine: Pick<Engine, "recentQueue">,
  queues: ReadonlySet<string>,
): Promise<(queue: string) => RetryDefaults> {
  const found = await Promise.all(
    [...queues].filter(isQueueName).map((queue) => engine.recentQueue(queue)),
  );
  const byQueue = new Map(found.map((queue) => [queue?.name as string, queue?.defaultRetry]));
  // A queue that does not exist refuses its jobs, whatever their policy is.
  return (queue) => byQueue.get(queue) ?? queueDefaults.defaultRetry;
}
