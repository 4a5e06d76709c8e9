import { create } from "@bufbuild/protobuf";
import {
  type JobSpec,
  type Lease,
  OPERATOR_KEY,
  openEngine,
  type WebhookEndpoint,
} from "@millrace/engine";
import { JobSpecSchema } from "@millrace/proto/job";
import {
  defaultBackoff,
  type KeyId,
  newGroupId,
  newJobId,
  newWebhookEndpointId,
  newWebhookSecret,
  type QueueName,
  type RefusedWebhook,
  systemRandom as random,
  systemClock,
  WEBHOOK_QUEUE,
  type WebhookRequest,
} from "@millrace/shared";
import { redisForTests } from "@millrace/testing";
import { Webhook } from "standardwebhooks";
import { expect, onTestFinished, test, vi } from "vitest";
import { startOutboxMover } from "../src/loops/outbox-mover.ts";
import { detailsOf } from "../src/messages/job-details.ts";
import { defineWebhookQueue } from "../src/webhooks/define-queue.ts";
import { eventOf } from "../src/webhooks/event.ts";
import { moveEntries } from "../src/webhooks/move-entries.ts";
import { sealingKeys, secretSealer } from "../src/webhooks/sealing.ts";
import { webhookEngine } from "../src/webhooks/webhook-engine.ts";

const queue = "documents" as QueueName;
const keyId = "aaaa" as KeyId;
const DAY_MS = 24 * 3_600_000;
const LEASE_MS = 30_000;
const failure = { reason: "BAD", message: "it broke", retryable: false };
const empty = { fresh: 0, setAside: 0 };
const text = (seed: number) => Buffer.alloc(32, seed).toString("base64");
const sealerOf = (keys: string) => secretSealer({ current: sealingKeys(keys) }, random);

async function world({ keys = text(1) as string | undefined } = {}) {
  const { url, rootPrefix } = await redisForTests();
  const time = { nowMs: 1_764_000_000_000 };
  const clock = { nowMs: () => time.nowMs, after: systemClock.after };
  const plain = await openEngine({ redis: { url }, rootPrefix, clock, random });
  onTestFinished(() => plain.close());
  const errors: unknown[] = [];
  const onError = (error: unknown) => errors.push(error);
  const sealer = keys === undefined ? undefined : sealerOf(keys);
  const parts = { clock, random, sealer, failingMs: 5 * DAY_MS, onError };
  const engine = webhookEngine(plain, parts);
  await engine.defineQueue({ name: queue });
  await defineWebhookQueue(engine);
  const move = async () => {
    const reading = { holder: "s", holdMs: 2_000, count: 100 };
    const read = await engine.outbox.read({ queue, shard: 0 }, reading);
    if (read.kind !== "read") throw new Error("held");
    const { moved: done } = await moveEntries({ engine, clock, random }, read.entries);
    const move = { done, aside: [], dueMs: time.nowMs };
    return { read, takeOut: () => engine.outbox.takeOut({ queue, shard: 0 }, move) };
  };
  let made = 0;
  const job = (change: Partial<JobSpec> = {}): JobSpec => ({
    id: newJobId(queue, keyId, time.nowMs + ++made, random),
    ...{ type: "summarize", payloadJson: "{}", priority: 50, maxAttempts: 3, labels: {} },
    ...{ backoff: defaultBackoff, submittedAtMs: time.nowMs, ...change },
  });
  const take = async (from: QueueName, count = 1) => {
    const request = { queue: from, count, leaseMs: LEASE_MS, workerId: "w", pools: [] };
    return (await engine.lease(request)).leases;
  };
  const takeOne = async (from: QueueName): Promise<Lease> => {
    const [lease] = await take(from);
    if (lease === undefined) throw new Error(`no job of ${from} was next`);
    return lease;
  };
  const endpoint = async (change: Partial<WebhookEndpoint> = {}, sealBy = sealer) => {
    const secret = newWebhookSecret(random);
    const one: WebhookEndpoint = {
      ...{
        id: newWebhookEndpointId(time.nowMs, random),
        keyId,
        name: "",
        url: "https://r.example/h",
      },
      ...{ eventTypes: [], includeResult: false, enabled: true, createdMs: 1, updatedMs: 1 },
      secrets: [(sealBy ?? sealerOf(text(9))).seal(secret, time.nowMs)],
      ...change,
    };
    await engine.webhookEndpoints.create(one, 50);
    return { id: one.id, secret };
  };
  const complete = async (spec: JobSpec, resultJson = '"done"') => {
    await engine.submit([spec]);
    await engine.settle([{ ...(await takeOne(queue)), kind: "complete", resultJson }]);
  };
  const delivery = () => takeOne(WEBHOOK_QUEUE as QueueName);
  return {
    ...{ engine, plain, parts, time, clock, url, rootPrefix, errors, job, move, take, takeOne },
    ...{ endpoint, complete, delivery },
  };
}

const requestOf = ({ job }: Lease) => JSON.parse(job.payloadJson) as WebhookRequest;
const headersOf = (lease: Lease) => requestOf(lease).headers as Record<string, string>;
const bodyOf = (lease: Lease) => JSON.parse(requestOf(lease).body);

/** The library checks the time of the signature against the real one. */
function verified(lease: Lease, secret: string, nowMs: number): unknown {
  vi.useFakeTimers({ now: nowMs, toFake: ["Date"] });
  try {
    return new Webhook(secret).verify(requestOf(lease).body, headersOf(lease));
  } finally {
    vi.useRealTimers();
  }
}

test("the end of a job arrives as a request that a library of Standard Webhooks verifies", async () => {
  const { time, job, endpoint, complete, move, delivery, engine } = await world();
  const { id, secret } = await endpoint();
  const spec = job({ labels: { team: "x" } });
  await complete(spec);
  await (await move()).takeOut();
  time.nowMs += 700;
  const lease = await delivery();
  const headers = headersOf(lease);
  expect(verified(lease, secret, time.nowMs)).toEqual({
    ...{
      id: headers["webhook-id"],
      object: "event",
      type: "job.succeeded",
      created_at: 1_764_000_000,
    },
    data: {
      ...{ id: spec.id, queue, type: "summarize", attempt: 1, state: "succeeded" },
      labels: { team: "x" },
    },
  });
  expect(requestOf(lease).url).toBe("https://r.example/h");
  expect(headers).toMatchObject({
    ...{ "content-type": "application/json", "webhook-timestamp": "1764000000" },
    "webhook-id": expect.stringMatching(/^evt_[0-9a-f]{32}$/),
  });
  expect(lease.job).toMatchObject({
    ...{ type: "webhook", pool: `webhook/${id}`, maxAttempts: 10 },
    labels: {
      ...{ endpoint_id: id, event_id: headers["webhook-id"], event_type: "job.succeeded" },
      subject_id: spec.id,
    },
  });
  // A further attempt has the same id and body, and a new signature.
  const again = { reason: "WEBHOOK_STATUS", message: "500", retryable: true };
  await engine.settle([{ ...lease, kind: "retry", delayMs: 5_000, failure: again }]);
  time.nowMs += 5_000;
  const second = await delivery();
  expect(second).toMatchObject({ jobId: lease.jobId, attempt: 2 });
  expect(headersOf(second)["webhook-id"]).toBe(headers["webhook-id"]);
  expect(headersOf(second)["webhook-timestamp"]).toBe("1764000005");
  expect(verified(second, secret, time.nowMs)).toEqual(bodyOf(lease));
});

test("each endpoint that receives the type gets one delivery, whatever crashes in between", async () => {
  const { job, endpoint, complete, move, take, engine } = await world();
  const [all, failed, other] = [
    ...[await endpoint(), await endpoint({ eventTypes: ["job.failed"] })],
    await endpoint({ queues: ["elsewhere" as QueueName] }),
  ];
  await complete(job());
  // The scheduler dies after the deliveries are stored, and before the entry is taken out.
  await move();
  const { read, takeOut } = await move();
  expect(read.entries).toHaveLength(1);
  await takeOut();
  expect(await engine.outbox.length(queue)).toEqual(empty);
  const leases = await take(WEBHOOK_QUEUE as QueueName, 10);
  expect(leases.map(({ job }) => job.labels.endpoint_id)).toEqual([all?.id]);
  expect([failed?.id, other?.id]).not.toContain(leases[0]?.job.labels.endpoint_id);
});

test("the mover delivers at once after news, and what it heard nothing of", async () => {
  const { engine, parts, job, endpoint, complete, take, errors } = await world();
  const { secret } = await endpoint();
  expect(secret).toBeDefined();
  const onUnmoved = vi.fn();
  await complete(job());
  const options = { clock: systemClock, everyMs: 60_000, onError: parts.onError };
  const mover = startOutboxMover({ ...parts, engine, holder: "s1", onUnmoved }, options);
  onTestFinished(() => mover.close());
  const deliveries = WEBHOOK_QUEUE as QueueName;
  await vi.waitFor(async () => expect(await engine.outbox.length(queue)).toEqual(empty), {
    timeout: 20_000,
  });
  expect(await take(deliveries)).toHaveLength(1);
  await complete(job());
  await vi.waitFor(async () => expect(await take(deliveries)).toHaveLength(1), { timeout: 20_000 });
  expect(errors).toEqual([]);
  expect(onUnmoved).not.toHaveBeenCalled();
});

test("during a rotation both secrets sign, and the former one stops when it expires", async () => {
  const { engine, parts, time, job, endpoint, complete, move, delivery } = await world();
  const { id, secret: former } = await endpoint();
  const secret = newWebhookSecret(random);
  await complete(job());
  await complete(job());
  await (await move()).takeOut();
  await engine.webhookEndpoints.change(id, (before) => ({
    ...before,
    secrets: [
      parts.sealer?.seal(secret, time.nowMs),
      { ...before.secrets[0], expiresMs: time.nowMs + DAY_MS },
    ] as WebhookEndpoint["secrets"],
  }));
  time.nowMs += DAY_MS - 1;
  const both = await delivery();
  expect(headersOf(both)["webhook-signature"]).toMatch(/^v1,\S+ v1,\S+$/);
  expect(verified(both, secret, time.nowMs)).toEqual(verified(both, former, time.nowMs));
  time.nowMs += 1;
  const one = await delivery();
  expect(() => verified(one, former, time.nowMs)).toThrow();
  expect(verified(one, secret, time.nowMs)).toMatchObject({ type: "job.succeeded" });
});

test("a delivery to an endpoint that was deleted or disabled is refused, and a test event is not", async () => {
  const { engine, job, endpoint, complete, move, take } = await world();
  const [deleted, disabled] = [await endpoint(), await endpoint()];
  await complete(job());
  await (await move()).takeOut();
  await engine.webhookEndpoints.delete(deleted?.id ?? "");
  const off = (before: WebhookEndpoint) => ({ ...before, enabled: false });
  await engine.webhookEndpoints.change(disabled?.id ?? "", off);
  const leases = await take(WEBHOOK_QUEUE as QueueName, 9);
  const reasons = leases.map(
    ({ job }) => (JSON.parse(job.payloadJson) as RefusedWebhook).refused.reason,
  );
  expect(reasons.sort()).toEqual(["ENDPOINT_DELETED", "ENDPOINT_DISABLED"]);
});

test("a job's callback is signed by its key's secret, which the first delivery makes", async () => {
  const { engine, parts, time, job, complete, move, delivery } = await world();
  const callback = {
    url: "https://c.example/x?a=b",
    eventTypes: ["job.succeeded"],
    includeResult: true,
  };
  const details = detailsOf(create(JobSpecSchema, { callback }));
  const called = job({ callback: "result", ...(details === undefined ? {} : { details }) });
  await complete(called, '{"long":12345678901234567890}');
  await complete(job());
  await (await move()).takeOut();
  const lease = await delivery();
  expect(requestOf(lease).url).toBe(callback.url);
  expect(requestOf(lease).body).toContain('"result":{"long":12345678901234567890}}');
  const [sealed] = await engine.webhookEndpoints.callbackSecrets(keyId);
  const secret = sealed && parts.sealer?.open(sealed);
  expect(verified(lease, secret ?? "", time.nowMs)).toMatchObject({ data: { id: called.id } });
  expect(lease.job.labels).not.toHaveProperty("endpoint_id");
});

test("a group's event has its progress", async () => {
  const { engine, time, endpoint, move, delivery } = await world();
  await endpoint({ eventTypes: ["group.*"] });
  const id = newGroupId(queue, keyId, time.nowMs, random);
  await engine.createGroup({
    ...{ id, rule: "all", maxInFlight: 0, keepSiblings: false, createdAtMs: 1 },
    ...{ deadlineMs: time.nowMs + DAY_MS, details: '{"labels":{"a":"b"}}' },
  });
  await engine.closeGroup(id);
  await (await move()).takeOut();
  const none = { total: 0, succeeded: 0, failed: 0, cancelled: 0, expired: 0, removed: 0 };
  expect(bodyOf(await delivery())).toMatchObject({
    ...{ type: "group.succeeded", object: "event" },
    data: { id, queue, state: "succeeded", children: none, labels: { a: "b" } },
  });
});

test("operators hear of dead letters of the queues that they name, and of no other end", async () => {
  const { engine, job, endpoint, complete, takeOne, move, take } = await world();
  const { id } = await endpoint({ keyId: OPERATOR_KEY, queues: [queue] });
  await endpoint({ keyId: OPERATOR_KEY, queues: ["elsewhere" as QueueName] });
  await complete(job());
  const bad = job();
  await engine.submit([bad]);
  await engine.settle([{ ...(await takeOne(queue)), kind: "fail", state: "FAILED", failure }]);
  await (await move()).takeOut();
  const leases = await take(WEBHOOK_QUEUE as QueueName, 9);
  expect(leases.map(({ job }) => job.labels.endpoint_id)).toEqual([id]);
  expect(bodyOf(leases[0] as Lease)).toMatchObject({
    type: "job.dead_lettered",
    data: { id: bad.id, state: "failed", failure },
  });
});

test("410 disables an endpoint at once, and so do five days of failures, each with a change in the log", async () => {
  const { engine, time, job, endpoint, complete, move, delivery } = await world();
  const { id } = await endpoint();
  const fail = async (reason: string, lease: Lease) => {
    const why = { reason, message: "no", retryable: true };
    await engine.settle([{ ...lease, kind: "retry", delayMs: 1_000, failure: why }]);
  };
  const seen = () => engine.webhookEndpoints.get(id);
  await complete(job());
  await (await move()).takeOut();
  await fail("WEBHOOK_STATUS", await delivery());
  await vi.waitFor(async () => expect(await seen()).toMatchObject({ failingSinceMs: time.nowMs }), {
    timeout: 20_000,
  });
  const sinceMs = time.nowMs;
  time.nowMs += 1_000;
  await engine.settle([{ ...(await delivery()), kind: "complete", resultJson: "{}" }]);
  await vi.waitFor(async () => expect(await seen()).not.toHaveProperty("failingSinceMs"), {
    timeout: 20_000,
  });
  expect(sinceMs).toBeLessThan(time.nowMs);
  await complete(job());
  await (await move()).takeOut();
  await fail("WEBHOOK_TIMEOUT", await delivery());
  await vi.waitFor(async () => expect(await seen()).toHaveProperty("failingSinceMs"), {
    timeout: 20_000,
  });
  time.nowMs += 5 * DAY_MS - 1;
  await fail("WEBHOOK_TIMEOUT", await delivery());
  time.nowMs += 1_000;
  expect(await seen()).toMatchObject({ enabled: true });
  await fail("WEBHOOK_TIMEOUT", await delivery());
  await vi.waitFor(
    async () => expect(await seen()).toMatchObject({ enabled: false, disabledReason: "FAILING" }),
    { timeout: 20_000 },
  );
  const second = await endpoint();
  await complete(job());
  await (await move()).takeOut();
  const gone = { reason: "WEBHOOK_GONE", message: "410", retryable: false };
  await engine.settle([{ ...(await delivery()), kind: "fail", state: "FAILED", failure: gone }]);
  await vi.waitFor(
    async () => {
      expect(await engine.webhookEndpoints.get(second.id)).toMatchObject({
        disabledReason: "GONE",
      });
      const { changes = [] } = (await engine.changeLog.list(10)) ?? {};
      expect(changes).toMatchObject([
        { actor: "millrace", action: "DisableWebhookEndpoint", subject: second.id },
        { actor: "millrace", action: "DisableWebhookEndpoint", subject: id },
      ]);
    },
    { timeout: 20_000 },
  );
});

test("without the key that sealed its secret, a delivery waits for a later attempt", async () => {
  const { engine, job, endpoint, complete, move, take, time } = await world({ keys: text(2) });
  await endpoint({}, sealerOf(text(1)));
  await complete(job());
  await (await move()).takeOut();
  expect(await take(WEBHOOK_QUEUE as QueueName)).toEqual([]);
  const { jobs } = await engine.listJobs({ keyId, queue: WEBHOOK_QUEUE as QueueName, pageSize: 5 });
  expect(jobs).toMatchObject([
    {
      state: "SCHEDULED",
      nextRunAtMs: time.nowMs + 5_000,
      failure: { reason: "WEBHOOK_SECRET_UNREADABLE" },
    },
  ]);
});

test("two ends of one job are two events, and one end is one event", async () => {
  const { engine, job, endpoint, takeOne, move } = await world();
  await endpoint();
  await engine.submit([job()]);
  await engine.settle([{ ...(await takeOne(queue)), kind: "fail", state: "FAILED", failure }]);
  const first = await move();
  const second = await move();
  const idsOf = ({ read }: Awaited<ReturnType<typeof move>>) =>
    read.entries.map((one) => eventOf(one).id);
  expect(idsOf(first)).toEqual(idsOf(second));
  const [entry] = first.read.entries;
  if (entry === undefined) throw new Error("no entry");
  expect(eventOf({ ...entry, token: "2" }).id).not.toBe(eventOf(entry).id);
});

test("a delivery survives the loss of its courier in each attempt but the last", async () => {
  const { engine, time, job, endpoint, complete, move, delivery } = await world();
  await endpoint();
  await complete(job());
  await (await move()).takeOut();
  const deliveries = WEBHOOK_QUEUE as QueueName;
  for (let lost = 1; lost <= 9; lost += 1) {
    const { jobId } = await delivery();
    time.nowMs += LEASE_MS + 1;
    await engine.reap(deliveries, 10);
    const [again] = await engine.getJobs([jobId]);
    expect(again, `${lost} couriers were lost`).toMatchObject({ state: "QUEUED", stalls: lost });
  }
});
