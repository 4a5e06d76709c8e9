import { type Engine, type JobSpec, queueDefaults, type RetryDefaults } from "@millrace/engine";
import type { JobSpec as JobSpecMessage } from "@millrace/proto/job";
import type { SchedulerService } from "@millrace/proto/scheduler-service";
import { type Handler, rpcError, timeMs } from "@millrace/runtime";
import { type Clock, createLoopTurns, isJobId, isQueueName, queueOf } from "@millrace/shared";
import { readPayload } from "../messages/content-hash.ts";
import { jobSpecOf } from "../messages/job-spec.ts";
import { type SubmissionOutcome, submitResult } from "../messages/submit-result.ts";
import type { JobObserver } from "../observing/job-observer.ts";
import type { MemoryPressure } from "../policy/memory-pressure.ts";
import { submitTimeMs } from "../policy/submit-time.ts";
import { gatherSubmissions, jobWeight } from "../submitting/gather-submissions.ts";
import { returnedJobs } from "../submitting/returned-jobs.ts";

/**
 * How much JSON is made canonical, in characters, before other calls have their turn: 2 ms of text, or, at worst,
 * members alone, 20 ms. A longer payload is read in one turn and made canonical in another, of 20 ms each at worst.
 */
const HASHED_AT_ONCE = 128 * 1024;

/** How much of a job is made canonical: gateways send payloads as text. */
const hashedCharacters = (spec: JobSpecMessage): number =>
  spec.idempotencyKey === "" ? 0 : payloadText(spec).length;

const payloadText = ({ payload }: JobSpecMessage): string =>
  payload.case === "payloadJson" ? payload.value : "";

/** Results come in the order of the jobs. A malformed job refuses the whole group, nothing of it stored: gateways check jobs before they send them. */
export function submit(
  engine: Pick<Engine, "submit" | "getJobs" | "recentQueue">,
  observer: JobObserver,
  clock: Clock,
  pressure: Pick<MemoryPressure, "admits">,
): Handler<(typeof SchedulerService)["method"]["submit"], undefined> {
  const submitGathered = gatherSubmissions(engine);
  const nextTurn = createLoopTurns();
  return async ({ jobs }, { signal }) => {
    const queues = new Set(jobs.flatMap(({ spec }) => spec?.queue ?? []));
    const retryOf = await retryDefaults(engine, queues);
    const specs: JobSpec[] = [];
    let hashed = 0;
    for (const { id, spec, submitTime } of jobs) {
      if (!isJobId(id) || spec === undefined || queueOf(id) !== spec.queue) {
        throw rpcError({ reason: "MALFORMED", message: "a job's id and its queue do not agree" });
      }
      // Before it, too: decoding its message has taken its part of this turn.
      const hashes = hashedCharacters(spec);
      if (hashed + hashes > HASHED_AT_ONCE) {
        await nextTurn();
        hashed = 0;
      }
      hashed += hashes;
      const payload = hashes > HASHED_AT_ONCE ? readPayload(payloadText(spec)) : undefined;
      if (payload !== undefined) await nextTurn();
      const saidMs = submitTime === undefined ? undefined : timeMs(submitTime);
      const submittedAtMs = submitTimeMs(saidMs, clock.nowMs());
      specs.push(jobSpecOf(id, spec, submittedAtMs, retryOf(spec.queue), payload));
    }
    // Whoever asked has been told that it failed, and may have asked elsewhere.
    signal.throwIfAborted();
    const bytes = specs.reduce((sum, spec) => sum + jobWeight(spec), 0);
    const outcomes: readonly SubmissionOutcome[] = pressure.admits(bytes)
      ? await submitGathered(specs)
      : specs.map(() => ({ kind: "storeFull" }));
    const results = specs.map(({ id, type }, index) => {
      const outcome = outcomes[index];
      if (outcome === undefined) throw new Error("the engine left a job without an outcome");
      if (outcome.kind === "accepted") observer.submitted(id, type);
      if (outcome.kind === "storeFull") observer.shed();
      return submitResult(id, outcome);
    });
    const toReturn = specs.flatMap((spec, index) =>
      jobs[index]?.returnJob ? [{ spec, outcome: outcomes[index] as SubmissionOutcome }] : [],
    );
    return { results, jobs: await returnedJobs(engine, toReturn, clock.nowMs()) };
  };
}

/** What jobs that say nothing of it get, by their queue. */
async function retryDefaults(
  engine: Pick<Engine, "recentQueue">,
  queues: ReadonlySet<string>,
): Promise<(queue: string) => RetryDefaults> {
  const found = await Promise.all(
    [...queues].filter(isQueueName).map((queue) => engine.recentQueue(queue)),
  );
  const byQueue = new Map(found.map((queue) => [queue?.name as string, queue?.defaultRetry]));
  // A queue that is not there refuses its jobs, whatever they say.
  return (queue) => byQueue.get(queue) ?? queueDefaults.defaultRetry;
}
