/**
 * What does a child of a group cost in Redis, compared with a job of no group? `node bench/groups.ts [rounds]`
 *
 * 10,000 children of one group and 10,000 other jobs live through submit, lease and settle in one Redis, each in a queue of
 * its own. They take turns after every few calls, so that both meet the same machine. The group is created, closed and
 * finished too, and its children pay for that. The measure is Redis's own CPU time (INFO cpu), which includes what sockets
 * cost. Two sizes of the calls are measured, since a call has costs of its own.
 *
 * The result also has the time of each command (INFO commandstats), and that of Lua itself, as the difference between a
 * child and a job.
 */
import {
  defaultBackoff,
  type GroupId,
  type KeyId,
  newGroupId,
  newJobId,
  type QueueName,
  systemClock,
  systemRandom,
} from "@millrace/shared";
import { numberArgument } from "./parts/arguments.ts";
import { startEngine } from "./parts/engine.ts";
import { circumstances, keep, median, ratioText, rounded } from "./parts/report.ts";

const ROUNDS = numberArgument(0, 5);
const JOBS = 10_000;
/** Jobs in a call, and how many calls each side makes in one turn. */
const SIZES = [
  { batch: 32, calls: 10 },
  { batch: 256, calls: 2 },
];
const KEY = "key0000000" as KeyId;
const DAY_MS = 24 * 3_600_000;
const AIM = 1.1;
const PAYLOAD = JSON.stringify({
  document: "doc_01JDXW5T5Q6M3C9N2V8K4H7R1B",
  note: "x".repeat(150),
});

await using system = await startEngine();
const { engine, redis } = system;
const about = circumstances(system.version);

/** Microseconds of Redis, by what they were spent for: "cpu" is all of it, and "lua" what scripts took beside commands. */
type Costs = Map<string, number>;

const sides = ["alone", "child"] as const;
type Side = (typeof sides)[number];

async function costsNow(): Promise<Costs> {
  const cpu = await redis.info("cpu");
  const seconds = (field: string) => Number(new RegExp(`${field}:([\\d.]+)`).exec(cpu)?.[1] ?? 0);
  const costs: Costs = new Map([
    ["cpu", (seconds("used_cpu_user") + seconds("used_cpu_sys")) * 1e6],
  ]);
  const stats = await redis.info("commandstats");
  let lua = 0;
  for (const [, name = "", usec] of stats.matchAll(/cmdstat_([\w|]+):calls=\d+,usec=(\d+)/g)) {
    if (name === "info") continue;
    const us = Number(usec);
    lua += /^eval/.test(name) ? us : -us;
    if (!/^eval/.test(name)) costs.set(name, us);
  }
  return costs.set("lua", lua);
}

const difference = (after: Costs, before: Costs): Costs =>
  new Map([...after].map(([name, us]) => [name, us - (before.get(name) ?? 0)]));

function addTo(sum: Costs, costs: Costs): void {
  for (const [name, us] of costs) sum.set(name, (sum.get(name) ?? 0) + us);
}

/** Lets the sides take turns until each has made its calls, and adds up what each costs. */
async function inTurns(
  costs: Readonly<Record<Side, Costs>>,
  turns: number,
  take: (side: Side, turn: number) => Promise<void>,
): Promise<void> {
  for (let turn = 0; turn < turns; turn += 1) {
    const order = turn % 2 === 0 ? sides : sides.toReversed();
    for (const side of order) {
      const before = await costsNow();
      await take(side, turn);
      addTo(costs[side], difference(await costsNow(), before));
    }
  }
}

function jobsOf(side: Side, nowMs: number, group: GroupId) {
  return Array.from({ length: JOBS }, () => ({
    id: newJobId(side as QueueName, KEY, nowMs, systemRandom),
    ...{ type: "summarize", labels: {}, payloadJson: PAYLOAD, priority: 50, maxAttempts: 5 },
    ...{ backoff: defaultBackoff, submittedAtMs: nowMs },
    ...(side === "child" ? { group: { id: group } } : {}),
  }));
}

type Round = Record<Side, Costs>;

async function round(batch: number, calls: number): Promise<Record<"submit" | "run", Round>> {
  await redis.flushall();
  for (const side of sides) await engine.defineQueue({ name: side as QueueName });
  const nowMs = systemClock.nowMs();
  const id = newGroupId("child" as QueueName, KEY, nowMs, systemRandom);
  const jobs = { alone: jobsOf("alone", nowMs, id), child: jobsOf("child", nowMs, id) };
  const turns = Math.ceil(JOBS / batch / calls);
  const submit: Round = { alone: new Map(), child: new Map() };
  const run: Round = { alone: new Map(), child: new Map() };
  await inTurns(submit, turns, async (side, turn) => {
    if (side === "child" && turn === 0) await createGroup(id, nowMs);
    const from = turn * calls * batch;
    for (let at = from; at < Math.min(JOBS, from + calls * batch); at += batch)
      await engine.submit(jobs[side].slice(at, at + batch));
  });
  await inTurns(run, turns, async (side, turn) => {
    if (side === "child" && turn === 0) await engine.closeGroup(id);
    for (let call = 0; call < calls; call += 1) await leaseAndSettle(side, batch);
  });
  const [group] = await engine.getGroups([id]);
  if (group?.state !== "SUCCEEDED") throw new Error(`the group became ${group?.state}`);
  return { submit, run };
}

async function createGroup(id: GroupId, nowMs: number): Promise<void> {
  await engine.createGroup({
    ...{ id, rule: "all", maxInFlight: 0, keepSiblings: false },
    ...{ createdAtMs: nowMs, deadlineMs: nowMs + DAY_MS },
  });
}

async function leaseAndSettle(side: Side, count: number): Promise<void> {
  const { leases } = await engine.lease({
    ...{ queue: side as QueueName, count, leaseMs: 600_000, workerId: "bench" },
  });
  if (leases.length === 0) return;
  await engine.settle(
    leases.map((lease) => ({ ...lease, kind: "complete", resultJson: '{"ok":true}' })),
  );
}

const cpuOf = (costs: Costs) => (costs.get("cpu") ?? 0) / JOBS;

/** What a child takes more than a job, in microseconds, without the smallest parts. */
function partsOf(rounds: readonly Round[]): Record<string, number> {
  const [alone, child]: [Costs, Costs] = [new Map(), new Map()];
  for (const round of rounds) {
    addTo(alone, round.alone);
    addTo(child, round.child);
  }
  const more = [...difference(child, alone)].map(
    ([name, us]) => [name, rounded(us / JOBS / rounds.length)] as const,
  );
  return Object.fromEntries(more.filter(([, us]) => Math.abs(us) >= 0.05));
}

console.log(`A child of a group of ${JOBS}, and a job of no group, ${ROUNDS} rounds in turns`);
await round(32, 10);
const costs: Record<string, object> = {};
for (const { batch, calls } of SIZES) {
  const rounds: Awaited<ReturnType<typeof round>>[] = [];
  for (let at = 0; at < ROUNDS; at += 1) rounds.push(await round(batch, calls));
  const life = (side: Side) =>
    rounds.map(({ submit, run }) => cpuOf(submit[side]) + cpuOf(run[side]));
  const ratios = life("child").map((us, at) => us / (life("alone")[at] ?? 0));
  const stages = {
    submit: rounds.map(({ submit }) => submit),
    leaseAndSettle: rounds.map(({ run }) => run),
  };
  const us = (side: Side) => ({
    life: rounded(median(life(side))),
    ...Object.fromEntries(
      Object.entries(stages).map(([stage, all]) => [
        stage,
        rounded(median(all.map((round) => cpuOf(round[side])))),
      ]),
    ),
  });
  const more = Object.fromEntries(
    Object.entries(stages).map(([stage, all]) => [stage, partsOf(all)]),
  );
  const cost = {
    ...{ ratio: rounded(median(ratios)), ratios: ratios.map(rounded) },
    ...{ usPerJob: us("alone"), usPerChild: us("child"), usMorePerChild: more },
  };
  costs[`calls of ${batch}`] = cost;
  console.log(`\ncalls of ${batch}: ${ratioText(ratios)}, aim ${AIM}`);
  console.log(JSON.stringify(cost));
}
keep("groups", {
  ...{ question: "a child of a group, and a job of no group, in Redis's time", ...about },
  ...{ jobs: JOBS, aim: AIM, costs },
});
