/**
 * What do callbacks cost the jobs of a queue? `node bench/outbox.ts`
 *
 * The time that Redis spends in the scripts that end jobs, for each job, in turns:
 * - none: no key of the shard subscribes to anything
 * - others: another key of the shard subscribes
 * - own: the job's key subscribes to all events
 * And the time that it takes to move an event: to read it, to submit its delivery, and to take it out.
 *
 * Redis serves one command at a time here, so its times have no waiting in them. Compare with another commit by running
 * this file in both, in turns.
 */
import "./parts/arguments.ts";
import { type Engine, type Lease, openEngine } from "@millrace/engine";
import { startRedis } from "@millrace/local";
import {
  defaultBackoff,
  type KeyId,
  newJobId,
  newWebhookEndpointId,
  type QueueName,
  systemRandom as random,
  systemClock,
} from "@millrace/shared";
import { Redis } from "ioredis";
import { defineWebhookQueue } from "../services/scheduler/src/webhooks/define-queue.ts";
import { moveEntries } from "../services/scheduler/src/webhooks/move-entries.ts";
import { circumstances, keep, median, ratioText, rounded } from "./parts/report.ts";

const JOBS = 4_096;
const ROUNDS = 9;
const BATCHES = [1, 32, 256];
const queue = "bench" as QueueName;

await using server = await startRedis();
const redis = new Redis(server.url);
const version = /redis_version:(\S+)/.exec(await redis.info("server"))?.[1] ?? "unknown";
const options = { redis: { url: server.url }, clock: systemClock, random };

type Situation = "none" | "others" | "own";
const subscriber: Readonly<Record<Situation, string | undefined>> = {
  none: undefined,
  others: "other0",
  own: "key00",
};

async function subscribe(engine: Engine, keyId: string) {
  await engine.webhookEndpoints.create(
    {
      ...{ id: newWebhookEndpointId(systemClock.nowMs(), random), keyId: keyId as KeyId, name: "" },
      ...{ url: "https://receiver.example/", eventTypes: [], includeResult: false, enabled: true },
      ...{ createdMs: 1, updatedMs: 1 },
      secrets: [{ sealed: "s", hint: "h", createdMs: 1 }],
    },
    50,
  );
}

const newJob = (index: number) => ({
  id: newJobId(queue, `key0${index % 10}` as KeyId, systemClock.nowMs(), random),
  ...{ type: "summarize", payloadJson: `{"text":"${"x".repeat(200)}"}`, priority: 50 },
  ...{ maxAttempts: 5, backoff: defaultBackoff, labels: { team: "a" } },
  submittedAtMs: systemClock.nowMs(),
});

/** How long Redis spent in scripts, in microseconds. */
async function scriptUs(work: () => Promise<unknown>): Promise<number> {
  await redis.config("RESETSTAT");
  await work();
  const stats = await redis.info("commandstats");
  return [...stats.matchAll(/cmdstat_(?:evalsha|eval):calls=\d+,usec=(\d+)/g)].reduce(
    (sum, [, usec]) => sum + Number(usec),
    0,
  );
}

async function leased(engine: Engine, count: number): Promise<readonly Lease[]> {
  const leases: Lease[] = [];
  while (leases.length < count) {
    const request = { queue, count: 256, leaseMs: 60_000, workerId: "w" };
    leases.push(...(await engine.lease(request)).leases);
  }
  return leases;
}

async function round(situation: Situation, batch: number) {
  await redis.flushall();
  const engine = await openEngine(options);
  try {
    await engine.defineQueue({ name: queue });
    await defineWebhookQueue(engine);
    const key = subscriber[situation];
    // With "own", all ten keys subscribe.
    for (let n = 0; key !== undefined && n < 10; n += 1) {
      await subscribe(
        engine,
        key.replace(/\d+$/, (digits) => digits.slice(0, -1) + n),
      );
    }
    for (let from = 0; from < JOBS; from += 256) {
      await engine.submit(Array.from({ length: 256 }, (_, i) => newJob(from + i)));
    }
    const leases = await leased(engine, JOBS);
    const settleUs = await scriptUs(async () => {
      for (let from = 0; from < JOBS; from += batch) {
        const some = leases.slice(from, from + batch);
        await engine.settle(some.map((one) => ({ ...one, kind: "complete", resultJson: '"ok"' })));
      }
    });
    const moveUs = situation === "own" ? await scriptUs(() => moveAll(engine)) : undefined;
    return { settleUs: settleUs / JOBS, ...(moveUs && { moveUs: moveUs / JOBS }) };
  } finally {
    await engine.close();
  }
}

async function moveAll(engine: Engine): Promise<void> {
  const shard = { queue, shard: 0 };
  for (;;) {
    const read = await engine.outbox.read(shard, { holder: "b", holdMs: 2_000, count: 200 });
    if (read.kind === "held" || read.entries.length === 0) return;
    const parts = { engine, clock: systemClock, random };
    const { moved, unmoved } = await moveEntries(parts, read.entries);
    if (unmoved.length > 0) throw new Error("deliveries were refused");
    await engine.outbox.takeOut(shard, { done: moved, aside: [], dueMs: 0 });
  }
}

const situations: readonly Situation[] = ["none", "others", "own"];
const results: Record<string, object> = {};
for (const batch of BATCHES) {
  const runs: Record<Situation, number[]> = { none: [], others: [], own: [] };
  const moves: number[] = [];
  for (let n = 0; n < ROUNDS; n += 1) {
    for (const situation of situations) {
      const { settleUs, moveUs } = await round(situation, batch);
      runs[situation].push(settleUs);
      if (moveUs !== undefined) moves.push(moveUs);
    }
  }
  const ratio = (situation: Situation) =>
    ratioText(runs[situation].map((us, n) => us / (runs.none[n] ?? Number.NaN)));
  console.log(
    `settle in batches of ${batch}, µs of Redis per job: none ${rounded(median(runs.none))}, ` +
      `others ${rounded(median(runs.others))} ${ratio("others")}, own ${rounded(median(runs.own))} ` +
      `${ratio("own")}; to move an event ${rounded(median(moves))}`,
  );
  results[`batches of ${batch}`] = {
    settleUs: Object.fromEntries(situations.map((one) => [one, rounded(median(runs[one]))])),
    othersRatio: ratio("others"),
    ownRatio: ratio("own"),
    moveUs: rounded(median(moves)),
  };
}
keep("outbox", { question: "the cost of callbacks", ...circumstances(version), results });
redis.disconnect();
