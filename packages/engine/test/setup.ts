import {
  type Clock,
  defaultBackoff,
  type JobId,
  type KeyId,
  newJobId,
  type QueueName,
  systemClock,
  systemRandom,
} from "@millrace/shared";
import { redisForTests } from "@millrace/testing";
import { onTestFinished } from "vitest";
import {
  type Engine,
  type EngineOptions,
  type JobSpec,
  type Lease,
  openEngine,
  type QueueChange,
} from "../src/index.ts";

export const queue = "documents" as QueueName;
export const LEASE_MS = 30_000;

/** Opens a new engine with one queue. Its clock stands still until the test moves it. */
export async function setup(
  change: Partial<QueueChange> = {},
  options: Partial<EngineOptions> = {},
) {
  const { url, rootPrefix } = await redisForTests();
  const time = { nowMs: 1_764_000_000_000 };
  const clock: Clock = { nowMs: () => time.nowMs, after: systemClock.after };
  /** Jobs and groups that ended with others, in order. */
  const others: object[] = [];
  /** Opens another engine on the same Redis, like that of another replica. */
  const another = async () => {
    const opened = await openEngine({
      ...{ redis: { url }, rootPrefix, clock, random: systemRandom, ...options },
      onOtherEnds({ jobs, groups }) {
        others.push(...jobs.map(({ jobId, state, type }) => ({ jobId, state, type })), ...groups);
      },
    });
    onTestFinished(() => opened.close());
    return opened;
  };
  const engine = await another();
  await engine.defineQueue({ name: queue, ...change });
  let made = 0;
  const job = (key: string, spec: Partial<JobSpec> = {}): JobSpec => {
    made += 1;
    return {
      // Jobs are a millisecond apart, so that their ids sort in the order of creation.
      id: newJobId(queue, key as KeyId, time.nowMs + made, systemRandom),
      type: "summarize",
      payloadJson: "{}",
      priority: 50,
      maxAttempts: 3,
      backoff: defaultBackoff,
      labels: {},
      submittedAtMs: time.nowMs,
      ...spec,
    };
  };
  return { engine, another, time, job, url, rootPrefix, others };
}

export async function lease(
  engine: Engine,
  count: number,
  alone = false,
): Promise<readonly Lease[]> {
  return (await engine.lease({ queue, count, leaseMs: LEASE_MS, workerId: "w1", alone })).leases;
}

/** Leases the next job. */
export async function leaseOne(engine: Engine, alone = false): Promise<Lease> {
  const [next] = await lease(engine, 1, alone);
  if (!next) throw new Error("no job was next");
  return next;
}

export async function stateOf(engine: Engine, id: JobId) {
  const [record] = await engine.getJobs([id]);
  return record?.state;
}
