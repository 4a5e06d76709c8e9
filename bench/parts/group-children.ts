/**
 * What a child of a group costs in Redis, compared with a job of no group. Both live through submit, lease and settle, in
 * turns, so that both meet the same machine. Times are Redis's CPU time (INFO cpu), which other programs of a busy machine
 * disturb less than the time that scripts take. It includes what sockets cost.
 */
import type { Engine, JobSpec } from "@millrace/engine";
import {
  type KeyId,
  newGroupId,
  type QueueName,
  systemClock,
  systemRandom,
} from "@millrace/shared";
import { median, ratioText, rounded } from "./report.ts";

const KEY = "key0000000" as KeyId;
const CHILDREN = 10_000;
const SETTLE_BATCH = 32;
const ROUNDS = 5;
const DAY_MS = 24 * 3_600_000;

const stages = ["submit", "leaseAndSettle", "life"] as const;
type Costs = Record<(typeof stages)[number], number>;

export interface GroupBench {
  readonly engine: Engine;
  readonly newJob: (queue: QueueName, key: number) => JobSpec;
  readonly forget: () => Promise<unknown>;
  /** The CPU time of Redis until now. */
  readonly redisCpuUs: () => Promise<number>;
}

export interface GroupCost {
  readonly usPerJob: Costs;
  readonly usPerChild: Costs;
  readonly ratio: number;
  readonly ratios: readonly number[];
}

/** The costs by size of a submission. */
export async function groupChildren(bench: GroupBench): Promise<Record<string, GroupCost>> {
  console.log(
    `\nA child of a group of ${CHILDREN}, compared with a job of no group, ${ROUNDS} rounds in turns`,
  );
  const costs: Record<string, GroupCost> = {};
  for (const batch of [32, 256]) {
    const alone: Costs[] = [];
    const grouped: Costs[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      // They take turns to be first.
      const runs = [alone, grouped];
      if (round % 2 === 1) runs.reverse();
      for (const run of runs) run.push(await life(bench, batch, run === grouped));
    }
    const ratios = alone.map(({ life: us }, round) => (grouped[round]?.life ?? 0) / us);
    const cost = {
      ...{ usPerJob: medians(alone), usPerChild: medians(grouped) },
      ...{ ratio: rounded(median(ratios)), ratios: ratios.map(rounded) },
    };
    costs[`submitted in batches of ${batch}`] = cost;
    console.log(`submitted in batches of ${batch}: ${ratioText(ratios)}`);
    for (const stage of stages)
      console.log(`  ${stage}: ${cost.usPerJob[stage]} us, a child ${cost.usPerChild[stage]} us`);
  }
  return costs;
}

function medians(all: readonly Costs[]): Costs {
  const of = (stage: keyof Costs) => rounded(median(all.map((costs) => costs[stage])));
  return { submit: of("submit"), leaseAndSettle: of("leaseAndSettle"), life: of("life") };
}

/** The life of all jobs, in microseconds of Redis for each job. */
async function life(
  { engine, newJob, forget, redisCpuUs }: GroupBench,
  batch: number,
  grouped: boolean,
): Promise<Costs> {
  await forget();
  const queue = "bench" as QueueName;
  await engine.defineQueue({ name: queue });
  const nowMs = systemClock.nowMs();
  const id = newGroupId(queue, KEY, nowMs, systemRandom);
  if (grouped)
    await engine.createGroup({
      ...{ id, rule: "all", maxInFlight: 0, keepSiblings: false },
      ...{ createdAtMs: nowMs, deadlineMs: nowMs + DAY_MS },
    });
  const jobs = Array.from({ length: CHILDREN }, () => ({
    ...newJob(queue, 0),
    ...(grouped ? { group: { id } } : {}),
  }));
  const beforeUs = await redisCpuUs();
  for (let at = 0; at < CHILDREN; at += batch) await engine.submit(jobs.slice(at, at + batch));
  const submittedUs = await redisCpuUs();
  if (grouped) await engine.closeGroup(id);
  for (let ended = 0; ended < CHILDREN; ) {
    const { leases } = await engine.lease({
      ...{ queue, count: SETTLE_BATCH, leaseMs: 600_000, workerId: "bench" },
    });
    await engine.settle(
      leases.map((lease) => ({ ...lease, kind: "complete", resultJson: '{"ok":true}' })),
    );
    ended += leases.length;
  }
  const endedUs = await redisCpuUs();
  if (grouped) {
    const [group] = await engine.getGroups([id]);
    if (group?.state !== "SUCCEEDED") throw new Error(`the group became ${group?.state}`);
  }
  return {
    submit: (submittedUs - beforeUs) / CHILDREN,
    leaseAndSettle: (endedUs - submittedUs) / CHILDREN,
    life: (endedUs - beforeUs) / CHILDREN,
  };
}
