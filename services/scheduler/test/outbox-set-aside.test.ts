import { openEngine } from "@millrace/engine";
import {
  defaultBackoff,
  type KeyId,
  newJobId,
  parseJobId,
  type QueueName,
  systemRandom as random,
  systemClock,
  WEBHOOK_QUEUE,
} from "@millrace/shared";
import { redisCommand, redisForTests } from "@millrace/testing";
import { expect, onTestFinished, test, vi } from "vitest";
import { defineWebhookQueue } from "../src/webhooks/define-queue.ts";
import { deliveryLabels } from "../src/webhooks/delivery-job.ts";
import { moveShard } from "../src/webhooks/move-shard.ts";

const queue = "documents" as QueueName;
const deliveries = WEBHOOK_QUEUE as QueueName;
const keyId = "aaaa" as KeyId;
const DAY_MS = 24 * 3_600_000;

/** Makes idempotency keys older, because Redis removes them by a clock of its own. */
const AGE_KEYS = `for _, key in ipairs(redis.call("KEYS", ARGV[1] .. "*mr:idem:*")) do
  local left = redis.call("PTTL", key)
  if left >= 0 then redis.call("PEXPIRE", key, left - ARGV[2]) end
end`;

async function world() {
  const { url, rootPrefix } = await redisForTests();
  const time = { nowMs: 1_764_000_000_000 };
  const clock = { nowMs: () => time.nowMs, after: systemClock.after };
  const engine = await openEngine({ redis: { url }, rootPrefix, clock, random });
  onTestFinished(() => engine.close());
  await engine.defineQueue({ name: queue });
  await defineWebhookQueue(engine);
  const subscribe = (key: KeyId, id: string) =>
    engine.webhookEndpoints.create(
      {
        ...{ id, keyId: key, name: "", url: "https://r.example/", eventTypes: [] },
        ...{ includeResult: false, enabled: true, createdMs: 1, updatedMs: 1, secrets: [] },
      },
      5,
    );
  await subscribe(keyId, "we_1");
  const end = async (count: number, key = keyId) => {
    const ids: string[] = [];
    for (let at = 0; at < count; at += 1) {
      const id = newJobId(queue, key, time.nowMs, random);
      const spec = { type: "a", payloadJson: "{}", priority: 50, maxAttempts: 1, labels: {} };
      const job = { ...spec, id, backoff: defaultBackoff, submittedAtMs: time.nowMs };
      ids.push(id);
      await engine.submit([job]);
      const lease = { queue, count: 1, leaseMs: 30_000, workerId: "w" };
      const [held] = (await engine.lease(lease)).leases;
      if (held === undefined) throw new Error("no job was next");
      await engine.settle([{ ...held, kind: "complete", resultJson: "1" }]);
    }
    return ids;
  };
  const onUnmoved = vi.fn();
  const reads = vi.fn();
  /** Which jobs' ends this scheduler cannot read. */
  const cannot = { read: (_: string) => false };
  const outbox: typeof engine.outbox = {
    ...engine.outbox,
    async read(...args) {
      reads(args[1].list);
      const read = await engine.outbox.read(...args);
      if (read.kind === "held") return read;
      const broken = { hasCallback: true, details: "{" };
      const entries = read.entries.map((entry) =>
        cannot.read(entry.subjectId) ? { ...entry, ...broken } : entry,
      );
      return { ...read, entries };
    },
  };
  /** The deliveries of which keys cannot be submitted. */
  const fail = { submit: (_: string) => false };
  const submit: typeof engine.submit = async (jobs) => {
    if (jobs.some(({ id }) => fail.submit(parseJobId(id)?.keyId ?? ""))) throw new Error("down");
    return engine.submit(jobs);
  };
  const passDay = async () => {
    time.nowMs += DAY_MS;
    const port = Number(new URL(url).port);
    await redisCommand(port, "EVAL", AGE_KEYS, "0", rootPrefix, String(DAY_MS));
  };
  const parts = { engine: { ...engine, outbox, submit }, clock, random, holder: "s", onUnmoved };
  const move = () => moveShard(parts, { queue, shard: 0 }, () => false);
  const length = () => engine.outbox.length(queue);
  const queued = async () => (await engine.stats(deliveries)).queued;
  /** Lets this many deliveries of a key wait. */
  const room = (maxDepthPerKey: number) => engine.defineQueue({ name: deliveries, maxDepthPerKey });
  const world = { engine, time, subscribe, end, move, onUnmoved, reads, length };
  return { ...world, queued, room, cannot, fail, passDay };
}

test("deliveries that the queue refuses wait in a list of their key, which is tried with growing pauses", async () => {
  const { time, end, move, onUnmoved, reads, length, queued, room } = await world();
  await room(1);
  await end(3);
  await move();
  expect(await queued()).toBe(1);
  expect(await length()).toEqual({ fresh: 0, setAside: 2 });
  expect(onUnmoved).toHaveBeenCalledExactlyOnceWith(
    "setAside",
    [
      expect.objectContaining({
        why: "refused",
        refusals: [{ kind: "depthFull", depth: 1, limit: 1 }],
      }),
      expect.objectContaining({ why: "refused" }),
    ],
    { queue, shard: 0 },
  );
  /** When the list is read again, seconds after the start, if a scheduler looks every second. */
  const tries: number[] = [];
  for (let second = 1; second <= 40; second += 1) {
    reads.mockClear();
    time.nowMs += 1_000;
    await move();
    if (reads.mock.calls.some(([list]) => list === keyId)) tries.push(second);
  }
  expect(tries).toEqual([1, 2, 3, 4, 5, 7, 9, 12, 15, 19, 24, 30, 38]);
  await room(3);
  time.nowMs += 60_000;
  await move();
  expect(await queued()).toBe(3);
  expect(await length()).toEqual({ fresh: 0, setAside: 0 });
});

test("what is refused for a day is dropped, and what came later is not", async () => {
  const { engine, time, end, move, onUnmoved, length, queued, room } = await world();
  await room(1);
  await end(2);
  await move();
  time.nowMs += 1;
  await end(1);
  await move();
  time.nowMs += DAY_MS - 1;
  onUnmoved.mockClear();
  await move();
  expect(await length()).toEqual({ fresh: 0, setAside: 1 });
  expect(onUnmoved.mock.calls.map(([kind, entries]) => [kind, entries.length])).toEqual([
    ["drop", 1],
    ["setAside", 1],
  ]);
  time.nowMs += 1_000;
  await move();
  expect(await length()).toEqual({ fresh: 0, setAside: 0 });
  expect(await queued()).toBe(1);
  expect(await engine.audit()).toEqual([]);
});

test("an entry that is tried after a day delivers to no receiver twice", async () => {
  const { engine, subscribe, end, move, length, queued, room, passDay } = await world();
  await subscribe(keyId, "we_2");
  await room(1);
  await end(1);
  await move();
  expect(await length()).toEqual({ fresh: 0, setAside: 1 });
  const deliver = async () => {
    const lease = { queue: deliveries, count: 1, leaseMs: 30_000, workerId: "c" };
    const [held] = (await engine.lease(lease)).leases;
    if (held === undefined) throw new Error("no delivery was next");
    await engine.settle([{ ...held, kind: "complete", resultJson: "{}" }]);
    return held.job.labels[deliveryLabels.endpointId];
  };
  const first = await deliver();
  await passDay();
  await move();
  expect(await length()).toEqual({ fresh: 0, setAside: 0 });
  expect([first, await deliver()].sort()).toEqual(["we_1", "we_2"]);
  expect(await queued()).toBe(0);
});

test("a list that fails does not keep those behind it waiting, nor do new entries that fail", async () => {
  const { engine, time, subscribe, end, move, length, queued, room, fail } = await world();
  const other = "bbbb" as KeyId;
  await subscribe(other, "we_2");
  await room(1);
  for (const key of [keyId, other]) await end(2, key);
  await move();
  expect(await length()).toEqual({ fresh: 0, setAside: 2 });
  await end(1);
  await room(10);
  time.nowMs += 1_000;
  fail.submit = (key) => key === keyId;
  await expect(move()).rejects.toThrow("failed for 2 lists");
  expect(await length()).toEqual({ fresh: 1, setAside: 1 });
  expect(await queued()).toBe(3);
  fail.submit = () => false;
  await move();
  expect(await length()).toEqual({ fresh: 0, setAside: 0 });
  expect(await queued()).toBe(5);
  expect(await engine.audit()).toEqual([]);
});

test("the refusals of one key hold up no other key, and new ends of the key are delivered when there is room", async () => {
  const { engine, time, subscribe, end, move, length, queued, room } = await world();
  const other = "bbbb" as KeyId;
  await subscribe(other, "we_2");
  await room(1);
  await end(2);
  await end(1, other);
  await move();
  expect(await queued()).toBe(2);
  expect(await length()).toEqual({ fresh: 0, setAside: 1 });
  // The endpoint is deleted: nobody waits for the event.
  await engine.webhookEndpoints.delete("we_1");
  time.nowMs += 1_000;
  await move();
  expect(await length()).toEqual({ fresh: 0, setAside: 0 });
});

test("an entry that cannot be read is set aside alone, and delivered by a scheduler that can read it", async () => {
  const { engine, time, end, move, onUnmoved, length, queued, cannot } = await world();
  const [bad] = await end(1);
  await end(1);
  cannot.read = (id) => id === bad;
  await move();
  expect(await queued()).toBe(1);
  expect(await length()).toEqual({ fresh: 0, setAside: 1 });
  const why = { why: "unreadable", error: expect.any(SyntaxError) };
  const [call] = onUnmoved.mock.calls;
  expect(call).toMatchObject(["setAside", [why], { queue, shard: 0 }]);
  time.nowMs += 1_000;
  await move();
  expect(await length()).toEqual({ fresh: 0, setAside: 1 });
  cannot.read = () => false;
  time.nowMs += 1_000;
  await move();
  expect(await queued()).toBe(2);
  expect(await length()).toEqual({ fresh: 0, setAside: 0 });
  expect(await engine.audit()).toEqual([]);
});

test("unreadable entries do not hold up those behind them, whatever their number", async () => {
  const { time, end, move, queued, length, cannot } = await world();
  const ids = await end(202);
  cannot.read = () => true;
  await move();
  expect(await length()).toEqual({ fresh: 0, setAside: 202 });
  cannot.read = (id) => id !== ids.at(-1);
  time.nowMs += 1_000;
  await move();
  expect(await queued()).toBe(1);
  expect(await length()).toEqual({ fresh: 0, setAside: 201 });
});
