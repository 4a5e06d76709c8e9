import type { JobId, KeyId } from "@millrace/shared";
import type { KeyPortions } from "../budgets/key-portions.ts";
import { type RetentionOf, retention } from "../jobs/retention.ts";
import { accountBase, modelsKey, shardAt, subscribersKey } from "../redis/keys.ts";
import type { DefinedQueue } from "../redis/shard-map.ts";
import type { Store } from "../redis/store-connection.ts";
import { F } from "../redis/stored-names.ts";
import type { JobRepair, Repair } from "./contract.ts";
import type { Finding, RepairSubject } from "./finding.ts";
import { repairAccount } from "./repair_account.ts";
import { type CountKind, repairCounts } from "./repair_counts.ts";
import { repairJobs } from "./repair_jobs.ts";
import { repairSpend } from "./repair_spend.ts";

/** How many jobs one call checks, because Redis serves nothing else meanwhile. */
const AT_ONCE = 100;

/** What was done to a job, for people. */
const done: Readonly<Record<JobRepair, string>> = {
  queued: "it was put at the head of its lane",
  waiting: "it waits for its group again",
  ended: "it was put among the jobs that have ended",
  cancelled: "it was cancelled, as requested",
  settled: "its reservations were counted as spent",
  unlocked: "its lock was removed",
  leased: "its lease was given an expiry",
  listed: "it was added to the list of its key's jobs",
  forgotten: "it was removed from the lists that named it",
};

export interface RepairParts {
  readonly redis: Store;
  readonly rootPrefix: string;
  readonly queues: readonly (DefinedQueue & RetentionOf)[];
  readonly nowMs: number;
  readonly maxEvents: number;
  readonly portions: Pick<KeyPortions, "giveBack">;
}

/** What repair_counts does not repair. */
const OTHERS: ReadonlySet<string> = new Set([
  ...["job", "account", "subscribers", "models", "spend", "portion"],
]);

/**
 * Repairs the findings that can be repaired, each in one script, which checks first. What is right by then stays as it is,
 * and is not reported. Jobs come first, because counts depend on them.
 */
export async function* repairFindings(
  parts: RepairParts,
  findings: readonly Finding[],
): AsyncGenerator<Repair> {
  for (const [base, wrong] of byBase(findings)) {
    const ids = wrong.filter(({ kind }) => kind === "job").map(({ name }) => name as JobId);
    for (let from = 0; from < ids.length; from += AT_ONCE) {
      yield* repairJobsOf(parts, base, ids.slice(from, from + AT_ONCE));
    }
    if (wrong.some(({ kind }) => kind === "subscribers")) {
      // Every scheduler brings a shard without a version up to date.
      await parts.redis.hdel(subscribersKey({ base }), F.subscribers_version);
      yield { subject: base, done: "its subscriptions are copied again within seconds" };
    }
    if (wrong.some(({ kind }) => kind === "models")) {
      await parts.redis.hdel(modelsKey({ base }), F.models_version);
      yield { subject: base, done: "its copy of the models is written again within seconds" };
    }
    const subjects = wrong.flatMap(({ kind, name }) =>
      OTHERS.has(kind) ? [] : [{ kind: kind as CountKind, name }],
    );
    if (subjects.length > 0) {
      const repaired = await repairCounts.run(parts.redis, base, { nowMs: parts.nowMs, subjects });
      for (const [at, change] of repaired.entries()) {
        const { kind = "", name = "" } = subjects[at] ?? {};
        if (change === undefined) continue;
        const { before, after } = change;
        const what = before === "" ? "related values were corrected" : `${before}, now ${after}`;
        yield { subject: name.replace(/:d$/, ""), done: `${counted[kind]}: ${what}` };
      }
    }
    const held = wrong.filter(({ kind }) => kind === "portion").map(({ name }) => name as KeyId);
    await parts.portions.giveBack(base, held);
    for (const subject of held) {
      yield { subject, done: "the shard gave back what it held of the key's budget" };
    }
    const keys = wrong.filter(({ kind }) => kind === "spend").map(({ name }) => name);
    if (keys.length > 0) yield* repairSpendOf(parts, base, keys);
    for (const { name } of wrong.filter(({ kind }) => kind === "account")) {
      const account = accountBase(parts.rootPrefix, name);
      if (await repairAccount.run(parts.redis, account, undefined))
        yield { subject: name, done: "the jobs that it allows its shards were counted again" };
    }
  }
}

const counted: Readonly<Record<string, string>> = {
  key: "running jobs of the key",
  pool: "running jobs of the account",
  depth: "jobs in lanes",
  lane: "the lane",
  class: "the class",
  stored: "what the key stores",
  group: "children of the group",
  schedule: "the schedule",
  outbox: "the list of the outbox",
};

/** What to repair in each shard, each subject once. Provider accounts come after the shards. */
function byBase(findings: readonly Finding[]): ReadonlyMap<string, readonly RepairSubject[]> {
  const shards = new Map<string, Map<string, RepairSubject>>();
  const shardsFirst = [...findings].sort(
    (a, b) => Number(a.base === undefined) - Number(b.base === undefined),
  );
  for (const { repair, base = "" } of shardsFirst) {
    if (repair === undefined) continue;
    const byName = shards.get(base) ?? new Map<string, RepairSubject>();
    shards.set(base, byName.set(`${repair.kind} ${repair.name}`, repair));
  }
  return new Map([...shards].map(([base, byName]) => [base, [...byName.values()]]));
}

async function* repairJobsOf(
  { redis, rootPrefix, queues, nowMs, maxEvents }: RepairParts,
  base: string,
  ids: readonly JobId[],
): AsyncGenerator<Repair> {
  const keep = retention(queueAt(rootPrefix, queues, base));
  for (const job of await repairJobs.run(redis, base, { nowMs, maxEvents, ...keep, ids })) {
    if (job.done.length > 0)
      yield { subject: job.jobId, done: job.done.map((word) => done[word]).join("; ") };
  }
}

async function* repairSpendOf(
  { redis, nowMs }: RepairParts,
  base: string,
  keys: readonly string[],
): AsyncGenerator<Repair> {
  for (const [at, change] of (await repairSpend.run(redis, base, { nowMs, keys })).entries()) {
    if (change === undefined) continue;
    const { before, after } = change;
    const total =
      before === after ? "the starts of its days" : `${before} micro-dollars, now ${after}`;
    yield { subject: keys[at] ?? "", done: `what its attempts cost: ${total}` };
  }
}

function queueAt(rootPrefix: string, queues: RepairParts["queues"], base: string): RetentionOf {
  const found = queues.find(({ name, shards }) =>
    Array.from({ length: shards }, (_, at) => shardAt(rootPrefix, name, at).base).includes(base),
  );
  if (found === undefined) throw new Error(`the shard ${base} belongs to no queue`);
  return found;
}
