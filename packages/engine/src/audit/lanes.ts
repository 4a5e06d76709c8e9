import { parseBudget } from "../budgets/stored-budgets.ts";
import { F } from "../redis/stored-names.ts";
import type { Finding } from "./finding.ts";
import type { ShardSnapshot } from "./shard-snapshot.ts";

const LANE = "mr:lane:";
const READY = "mr:ready:";
const HELD_CLASSES = "mr:held-classes:";

/** Checks that lanes are ready or held (6), that the slots they wait for are taken, and that counters are right (11). */
export function* checkLanes(shard: ShardSnapshot): Generator<Finding> {
  const lanes = named(shard, LANE);
  const ready = new Set(
    named(shard, READY).flatMap((name) => shard.zset(READY + name).map((key) => `${key}|${name}`)),
  );
  const held = new Set(shard.zset("mr:held"));
  for (const lane of lanes) {
    if (ready.has(lane) && held.has(lane)) yield broken(lane, "is both ready and held");
    if (!ready.has(lane) && !held.has(lane))
      yield broken(lane, "has jobs, but is neither ready nor held");
  }
  const known = new Set(lanes);
  for (const lane of [...ready, ...held]) {
    if (!known.has(lane)) yield broken(lane, "is ready or held, but has no jobs");
  }
  const classes = new Set(shard.members("mr:classes"));
  for (const className of named(shard, READY)) {
    if (!classes.has(className))
      yield broken(className, "has ready lanes, but is not in the set of classes");
    classes.delete(className);
  }
  for (const className of classes)
    yield broken(className, "is in the set of classes, but has no ready lanes");
  const ofKeys = new Set(
    named(shard, HELD_CLASSES).flatMap((key) =>
      shard.members(HELD_CLASSES + key).map((name) => `${key}|${name}`),
    ),
  );
  for (const lane of held) {
    if (!ofKeys.has(lane))
      yield broken(lane, "is held, but is missing from the held lanes of its key");
    ofKeys.delete(lane);
  }
  for (const lane of ofKeys)
    yield broken(lane, "is among the held lanes of its key, but is not held");
  yield* checkSuspects(shard, lanes);
  yield* checkFamilies(shard, lanes);
  yield* checkWaiters(shard, held);
  yield* checkDepth(shard, lanes);
}

/** Suspects have their own lanes, which have no other jobs (8). The right lane of a misplaced job cannot be proved. */
function* checkSuspects(shard: ShardSnapshot, lanes: readonly string[]): Generator<Finding> {
  for (const lane of lanes) {
    const isOfSuspects = lane.endsWith("|!");
    for (const id of shard.zset(LANE + lane)) {
      const job = shard.jobs.get(id);
      if (job === undefined || (job[F.suspect] !== undefined) === isOfSuspects) continue;
      const problem = isOfSuspects
        ? "is no suspect, but waits in a lane of suspects"
        : "is a suspect, but waits with other jobs";
      yield { invariant: 8, subject: id, problem };
    }
  }
}

/** A lane of a family has jobs of that family's types only (8): a worker that serves the lane serves no other types. */
function* checkFamilies(shard: ShardSnapshot, lanes: readonly string[]): Generator<Finding> {
  const families = shard.hash("mr:families");
  for (const lane of lanes) {
    const [, , , family, mark] = lane.split("|");
    if (!family || mark !== undefined || families[family] === undefined) continue;
    for (const id of shard.zset(LANE + lane)) {
      const type = shard.jobs.get(id)?.[F.type];
      if (type === undefined || families[type] === family) continue;
      const problem = `is of type ${type}, but waits in a lane of family ${family}`;
      yield { invariant: 8, subject: id, problem };
    }
  }
}

/** If a lane waits for a running job of its key to end, the key's limit on running jobs must be reached. */
function* checkWaiters(shard: ShardSnapshot, held: ReadonlySet<string>): Generator<Finding> {
  for (const lane of held) {
    if (shard.score("mr:held", lane) !== Number.POSITIVE_INFINITY) continue;
    const [key = "", , pool = ""] = lane.split("|");
    const budgets = shard.hash("mr:budgets");
    const budget = parseBudget(budgets[key] ?? budgets[F.budgets_default] ?? "");
    const { maxRunning: limit = Number.NaN, maxRunningPerPool = Number.NaN } = budget;
    const use = shard.hash(`mr:use:${key}`);
    const running = Number(use[F.use_running] ?? 0);
    if (Number(use[F.use_pool + pool] ?? 0) >= maxRunningPerPool) continue;
    if (!(running >= limit)) {
      yield broken(
        lane,
        `waits for a running job of its key to end, but only ${running} of ${limit} run`,
      );
    }
  }
}

function* checkDepth(shard: ShardSnapshot, lanes: readonly string[]): Generator<Finding> {
  const jobs = lanes.reduce((sum, lane) => sum + shard.zset(LANE + lane).length, 0);
  const counted = Number(shard.hash("mr:depth")[F.depth_all] ?? 0);
  if (jobs !== counted) {
    const problem = `has ${jobs} jobs in lanes, counted as ${counted}`;
    yield { invariant: 11, subject: "*", problem, repair: { kind: "depth", name: "*" } };
  }
}

/** A lane is "key|band|pool|family", a class is "band|pool|family". */
const broken = (subject: string, problem: string): Finding => ({
  ...{ invariant: 6, subject, problem },
  repair: { kind: /^[0-3]\|/.test(subject) ? "class" : "lane", name: subject },
});

const named = (shard: ShardSnapshot, start: string): string[] =>
  shard.names.flatMap((name) => (name.startsWith(start) ? [name.slice(start.length)] : []));
