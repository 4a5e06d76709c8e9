import { parseBudget } from "../budgets/key-budgets.ts";
import { F } from "../redis/stored-names.ts";
import type { Finding } from "./finding.ts";
import type { ShardSnapshot } from "./shard-snapshot.ts";

const LANE = "mr:lane:";
const READY = "mr:ready:";
const HELD = "mr:held:";

/** Lanes are ready or held (6), what holds them is really taken, and the counters count (11). */
export function* checkLanes(shard: ShardSnapshot): Generator<Finding> {
  const lanes = named(shard, LANE);
  const ready = new Set(
    named(shard, READY).flatMap((of) => shard.zset(READY + of).map((key) => `${key}|${of}`)),
  );
  const parked = new Set(shard.zset("mr:parked"));
  for (const lane of lanes) {
    if (ready.has(lane) && parked.has(lane)) yield broken(lane, "is both ready and held");
    if (!ready.has(lane) && !parked.has(lane))
      yield broken(lane, "has jobs, and is neither ready nor held");
  }
  const known = new Set(lanes);
  for (const lane of [...ready, ...parked]) {
    if (!known.has(lane)) yield broken(lane, "is ready or held, and has no jobs");
  }
  const classes = new Set(shard.members("mr:classes"));
  for (const of of named(shard, READY)) {
    if (!classes.has(of)) yield broken(of, "has ready lanes, and is no class");
    classes.delete(of);
  }
  for (const of of classes) yield broken(of, "is a class, and has no ready lanes");
  const held = new Set(
    named(shard, HELD).flatMap((key) => shard.members(HELD + key).map((of) => `${key}|${of}`)),
  );
  for (const lane of parked) {
    if (!held.has(lane)) yield broken(lane, "is held, and its key does not know");
    held.delete(lane);
  }
  for (const lane of held) yield broken(lane, "its key takes it to be held, and it is not");
  yield* checkSuspects(shard, lanes);
  yield* checkFamilies(shard, lanes);
  yield* checkWaiters(shard, parked);
  yield* checkDepth(shard, lanes);
}

/** Suspects have lanes of their own, which have no other jobs (8). Where one belongs nobody can prove. */
function* checkSuspects(shard: ShardSnapshot, lanes: readonly string[]): Generator<Finding> {
  for (const lane of lanes) {
    const isOfSuspects = lane.endsWith("|!");
    for (const id of shard.zset(LANE + lane)) {
      const job = shard.jobs.get(id);
      if (job === undefined || (job[F.suspect] !== undefined) === isOfSuspects) continue;
      const problem = isOfSuspects
        ? "is no suspect, and waits with them"
        : "is a suspect, and waits with others";
      yield { invariant: 8, subject: id, problem };
    }
  }
}

/** A lane of a family has jobs of its types only (8): who is leased from it serves no others. */
function* checkFamilies(shard: ShardSnapshot, lanes: readonly string[]): Generator<Finding> {
  const families = shard.hash("mr:families");
  for (const lane of lanes) {
    const [, , , family, mark] = lane.split("|");
    if (!family || mark !== undefined || families[family] === undefined) continue;
    for (const id of shard.zset(LANE + lane)) {
      const type = shard.jobs.get(id)?.[F.type];
      if (type === undefined || families[type] === family) continue;
      yield { invariant: 8, subject: id, problem: `is of type ${type}, and waits with ${family}` };
    }
  }
}

/** A lane that waits for a running job to end: there is one, and the limit is reached. */
function* checkWaiters(shard: ShardSnapshot, parked: ReadonlySet<string>): Generator<Finding> {
  for (const lane of parked) {
    if (shard.score("mr:parked", lane) !== Number.POSITIVE_INFINITY) continue;
    const key = lane.split("|")[0] ?? "";
    const limit = parseBudget(shard.hash("mr:limits")[key] ?? "").maxRunning ?? Number.NaN;
    const running = Number(shard.hash(`mr:use:${key}`)[F.use_running] ?? 0);
    if (!(running >= limit)) {
      yield broken(lane, `waits for a slot of its key, and ${running} of ${limit} are taken`);
    }
  }
}

function* checkDepth(shard: ShardSnapshot, lanes: readonly string[]): Generator<Finding> {
  const jobs = lanes.reduce((sum, lane) => sum + shard.zset(LANE + lane).length, 0);
  const counted = Number(shard.hash("mr:depth")[F.depth_all] ?? 0);
  if (jobs !== counted) {
    const problem = `has ${jobs} jobs in lanes, counted as ${counted}`;
    yield { invariant: 11, subject: "*", problem, mend: { kind: "depth", name: "*" } };
  }
}

/** A lane is "key|band|pool|family", a class is "band|pool|family". */
const broken = (subject: string, problem: string): Finding => ({
  ...{ invariant: 6, subject, problem },
  mend: { kind: /^[0-3]\|/.test(subject) ? "class" : "lane", name: subject },
});

const named = (shard: ShardSnapshot, start: string): string[] =>
  shard.names.flatMap((name) => (name.startsWith(start) ? [name.slice(start.length)] : []));
