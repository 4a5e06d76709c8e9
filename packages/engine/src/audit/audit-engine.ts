import { readModels } from "../models/model-registry.ts";
import { accountBase, registryKeys, type Shard, shardAt } from "../redis/keys.ts";
import type { DefinedQueue } from "../redis/shard-map.ts";
import type { Store } from "../redis/store-connection.ts";
import { readSubscribers } from "../webhooks/subscriptions.ts";
import type { Finding } from "./finding.ts";
import { checkGroups } from "./groups.ts";
import { checkLanes } from "./lanes.ts";
import { checkModels, routesByName } from "./models.ts";
import { checkOutbox } from "./outbox.ts";
import { checkOutputs } from "./outputs.ts";
import { checkPlaces } from "./places.ts";
import { checkPortions } from "./portions.ts";
import { checkAccount, checkReservations } from "./reservations.ts";
import { checkSchedules } from "./schedules.ts";
import { readShard, type ShardSnapshot } from "./shard-snapshot.ts";
import { checkSpend } from "./spend.ts";
import { checkStored } from "./stored.ts";

export interface AuditProgress {
  readonly shards: number;
  readonly shardsDone: number;
  readonly jobs: number;
}

export interface AuditOptions {
  /** Called after each shard, in each pass. */
  readonly onProgress?: (progress: AuditProgress) => void;
  /** How many more passes must confirm a finding. A change that was under way is gone in the next pass. Default 0. */
  readonly looksAgain?: number;
}

/**
 * Checks the invariants of all queues and provider accounts. The result is exact while nothing changes. On a live system,
 * parts are read at different moments, so a finding counts only if later passes find the same.
 */
export async function auditEngine(
  redis: Store,
  rootPrefix: string,
  queues: readonly DefinedQueue[],
  nowMs: number,
  options: AuditOptions = {},
): Promise<readonly Finding[]> {
  let findings = await look(redis, rootPrefix, queues, nowMs, options);
  for (let again = 0; again < (options.looksAgain ?? 0) && findings.length > 0; again += 1) {
    const seen = new Set((await look(redis, rootPrefix, queues, nowMs, options)).map(textOf));
    findings = findings.filter((finding) => seen.has(textOf(finding)));
  }
  return findings;
}

const textOf = ({ invariant, subject, problem }: Finding) => `${invariant} ${subject} ${problem}`;

async function look(
  redis: Store,
  rootPrefix: string,
  queues: readonly DefinedQueue[],
  nowMs: number,
  { onProgress }: AuditOptions,
): Promise<readonly Finding[]> {
  const shards = queues.flatMap(({ name, shards: count }) =>
    Array.from({ length: count }, (_, index) => shardAt(rootPrefix, name, index)),
  );
  const findings: Finding[] = [];
  const snapshots: ShardSnapshot[] = [];
  let jobs = 0;
  for (const shard of shards) {
    const snapshot = await readShard(redis, shard);
    const found = [
      ...checkPlaces(snapshot),
      ...checkLanes(snapshot),
      ...checkReservations(snapshot),
      ...checkGroups(snapshot),
      ...checkSchedules(snapshot),
    ];
    for await (const finding of checkOutputs(redis, snapshot)) found.push(finding);
    const counts = queues.find(({ name }) => name === shard.queue)?.shards ?? 1;
    // Read for each shard, so that a change during the audit is seen.
    const subscribers = await readSubscribers(redis, rootPrefix);
    for await (const finding of checkOutbox(redis, snapshot, counts, subscribers, nowMs)) {
      found.push(finding);
    }
    const catalogue = await readModels(redis, rootPrefix);
    const routes = routesByName(catalogue.models);
    found.push(...checkModels(snapshot, catalogue.version, routes));
    for await (const finding of checkStored(redis, snapshot)) found.push(finding);
    for await (const finding of checkSpend(redis, snapshot)) found.push(finding);
    for await (const finding of checkPortions(redis, rootPrefix, snapshot)) found.push(finding);
    findings.push(...found.map((finding) => inShard(finding, shard)));
    jobs += snapshot.jobs.size;
    snapshots.push(slicesOf(snapshot));
    onProgress?.({ shards: shards.length, shardsDone: snapshots.length, jobs });
  }
  const pools = await redis.hkeys(registryKeys(rootPrefix).accounts);
  for (const pool of pools.filter((name) => name !== "*")) {
    const account = await redis.hgetall(`${accountBase(rootPrefix, pool)}mr:account`);
    findings.push(...checkAccount(pool, account, snapshots));
  }
  return findings;
}

/** Adds the shard to a finding, because a key has counters and lanes in each queue that it uses. */
const inShard = (finding: Finding, { queue, index, base }: Shard): Finding => ({
  ...finding,
  base,
  problem: `${finding.problem} (queue ${queue}, shard ${index})`,
});

/** What accounts are checked against. Everything else of a shard can be forgotten. */
function slicesOf(snapshot: ShardSnapshot): ShardSnapshot {
  const slices = new Map(
    snapshot.names
      .filter((name) => name.startsWith("mr:slice:") || name === "mr:governed")
      .map((name) => [name, snapshot.hash(name)]),
  );
  return {
    shard: snapshot.shard,
    names: [...slices.keys()],
    jobs: new Map(),
    zset: () => [],
    score: () => undefined,
    members: () => [],
    hash: (name) => slices.get(name) ?? {},
    text: () => undefined,
  };
}
