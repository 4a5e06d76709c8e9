/**
 * Webhooks from the end of a job to a real receiver, through real processes. Each request is verified by libraries that are
 * not ours.
 */
import { connectMillrace, type Millrace } from "@millrace/client";
import { connectAdmin } from "@millrace/client/admin";
import { type LocalSystem, startSystem } from "@millrace/local";
import {
  systemClock as clock,
  newWebhookSecret,
  systemRandom as random,
  WEBHOOK_QUEUE,
} from "@millrace/shared";
import { type Executor, NonRetryableError, startWorker } from "@millrace/worker-sdk";
import { Webhook } from "standardwebhooks";
import { afterAll, expect, onTestFinished, test, vi } from "vitest";
import { eventOf, type Received, startReceiver } from "./webhooks/receiver.ts";
import { hasPythonLibraries, verifiers } from "./webhooks/verifiers.ts";

/** Only tests let webhooks go to this machine. */
const destinations = { MILLRACE_WEBHOOK_ALLOWED_DESTINATIONS: "http://127.0.0.1" };

let shared: Promise<LocalSystem> | undefined;
afterAll(async () => (await shared)?.[Symbol.asyncDispose]());
let keys = 0;

const executors: Readonly<Record<string, Executor>> = {
  succeed: async () => ({ answer: 42 }),
  fail: async () => {
    throw new NonRetryableError("BROKEN", "it is broken");
  },
};

/** A key and a queue of its own, a worker that ends jobs, and a receiver. */
async function setup() {
  const key = Buffer.alloc(32, "k").toString("base64");
  shared ??= startSystem({
    settings: {
      scheduler: { ...destinations, MILLRACE_WEBHOOK_KEY: key },
      worker: { ...destinations, MILLRACE_QUEUES: WEBHOOK_QUEUE },
    },
  });
  const system = await shared;
  keys += 1;
  const queue = `q${keys}`;
  await system.putQueue({ name: queue });
  const apiKey = await system.createApiKey(queue);
  const millrace = connectMillrace({ address: system.gatewayTarget(), apiKey });
  onTestFinished(() => millrace.close());
  const worker = startWorker({
    ...{ address: system.workerTarget, workerId: queue, queues: [queue], slots: 8 },
    ...{ executors, clock, random },
  });
  onTestFinished(() => worker.drain(0));
  const receiver = await startReceiver();
  return { system, millrace, queue, receiver };
}

const isAbout = (id: string) => (request: Received) => eventOf(request).data.id === id;

/** Waits until a delivery is over, or has failed a request. */
async function settled(millrace: Millrace, deliveryId: string) {
  for (;;) {
    const delivery = await millrace.webhooks.delivery(deliveryId);
    if (delivery.state !== "PENDING" || delivery.attempts.length > 0) return delivery;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

test.each(Object.entries(verifiers))(
  "the ends of jobs and groups, a callback and a test event are verified by %s",
  async (_, verify) => {
    const { millrace, queue, receiver } = await setup();
    const { endpoint, secret } = await millrace.webhooks.create({
      ...{ url: receiver.url("/all"), includeResult: true },
    });
    const succeeded = await millrace.submit({ queue, type: "succeed", labels: { team: "a" } });
    const failed = await millrace.submit({ queue, type: "fail" });
    const waiting = await millrace.submit({ queue, type: "none" });
    await millrace.cancel(waiting.jobId, { reason: "not needed" });
    const late = { queue, type: "none", expiresAt: new Date(clock.nowMs() + 2_000) };
    const expired = await millrace.submit(late);
    const group = await millrace.createGroup({ queue }, [{ type: "succeed" }], { close: true });
    const expected = [
      [succeeded.jobId, "job.succeeded", { state: "succeeded", result: { answer: 42 }, queue }],
      [failed.jobId, "job.failed", { state: "failed", failure: { reason: "BROKEN" } }],
      [waiting.jobId, "job.cancelled", { state: "cancelled" }],
      [expired.jobId, "job.expired", { state: "expired" }],
      [group.id, "group.succeeded", { state: "succeeded", children: { total: 1, succeeded: 1 } }],
    ] as const;
    for (const [id, type, data] of expected) {
      const request = await receiver.next(isAbout(id));
      const event = await verify(request, secret);
      expect(event).toMatchObject({ object: "event", type, data: { id, ...data } });
      expect((event as { id: string }).id).toBe(request.headers["webhook-id"]);
      expect(request.headers["webhook-id"]).toMatch(/^evt_/);
      await expect(verify(request, newWebhookSecret(random))).rejects.toThrow();
      const forged = { ...request, body: request.body.replace(id, id.toLowerCase()) };
      await expect(verify(forged, secret)).rejects.toThrow();
    }
    const callback = { url: receiver.url("/callback?token=a") };
    const own = await millrace.submit({ queue, type: "succeed", callback });
    const called = await receiver.next(({ path }) => path.startsWith("/callback"));
    expect(called.path).toBe("/callback?token=a");
    expect(await verify(called, await millrace.webhooks.callbackSecret())).toMatchObject({
      ...{ type: "job.succeeded", data: { id: own.jobId } },
    });
    await millrace.webhooks.update(endpoint.id, { enabled: false });
    const sent = await millrace.webhooks.test(endpoint.id);
    const tested = await receiver.next((request) => eventOf(request).type === "webhook.test");
    expect(await verify(tested, secret)).toMatchObject({ id: sent.eventId, type: "webhook.test" });
    expect(await settled(millrace, sent.id)).toMatchObject({
      ...{ state: "DELIVERED", attempts: [{ attempt: 1, status: 204 }] },
    });
  },
);

test.runIf(!hasPythonLibraries())(
  "NOT CHECKED with openai and standardwebhooks of PyPI: MILLRACE_PYTHON names no Python that has test/e2e/webhooks/requirements.txt",
  ({ skip }) => skip(),
);

test("after a rotation requests are verified with the former and with the new secret", async () => {
  const { millrace, receiver, queue } = await setup();
  const { endpoint, secret: former } = await millrace.webhooks.create({ url: receiver.url("/") });
  const { secret, formerSecretExpireTime } = await millrace.webhooks.rotate(endpoint.id);
  const inHours = (Number(formerSecretExpireTime) - clock.nowMs()) / 3_600_000;
  expect(inHours).toBeGreaterThan(23.9);
  expect(inHours).toBeLessThan(24.1);
  const { jobId } = await millrace.submit({ queue, type: "succeed" });
  const request = await receiver.next(isAbout(jobId));
  expect(request.headers["webhook-signature"]?.split(" ")).toHaveLength(2);
  for (const verify of Object.values(verifiers)) {
    for (const one of [former, secret]) {
      expect(await verify(request, one)).toMatchObject({ data: { id: jobId } });
    }
  }
  const revoked = await millrace.webhooks.rotate(endpoint.id, { revokeFormer: true });
  const second = await millrace.submit({ queue, type: "succeed" });
  const later = await receiver.next(isAbout(second.jobId));
  expect(() => new Webhook(secret).verify(later.body, later.headers)).toThrow();
  expect(new Webhook(revoked.secret).verify(later.body, later.headers)).toBeDefined();
});

test("a failed request is told with its answer, and sent again with the same webhook-id", async () => {
  const { millrace, receiver, queue } = await setup();
  receiver.answers.set("/gone", 410);
  const { endpoint, secret } = await millrace.webhooks.create({ url: receiver.url("/gone") });
  const { jobId } = await millrace.submit({ queue, type: "succeed" });
  const first = await receiver.next(isAbout(jobId));
  const deliveries = await Array.fromAsync(
    millrace.webhooks.deliveries({ endpointId: endpoint.id }),
  );
  expect(deliveries).toMatchObject([{ eventType: "job.succeeded", subjectId: jobId }]);
  const failed = await settled(millrace, deliveries[0]?.id ?? "");
  expect(failed).toMatchObject({
    state: "FAILED",
    attempts: [{ attempt: 1, status: 410, failure: { reason: "WEBHOOK_GONE" } }],
  });
  // 410 Gone disables the endpoint, soon after the end of its delivery is stored.
  await vi.waitFor(async () => {
    expect(await millrace.webhooks.get(endpoint.id)).toMatchObject({
      ...{ enabled: false, disabledReason: "GONE" },
    });
  }, 10_000);
  receiver.answers.clear();
  await millrace.webhooks.update(endpoint.id, { enabled: true });
  const from = receiver.count();
  const again = await millrace.webhooks.redeliver(failed.id);
  const second = await receiver.next(isAbout(jobId), from);
  expect(again.eventId).toBe(failed.eventId);
  expect(second.headers["webhook-id"]).toBe(first.headers["webhook-id"]);
  expect(new Webhook(secret).verify(second.body, second.headers)).toMatchObject({
    ...{ id: failed.eventId, data: { id: jobId } },
  });
  expect(await settled(millrace, again.id)).toMatchObject({ state: "DELIVERED" });
});

test("an endpoint receives only the types of events that it names, of its own key alone", async () => {
  const { millrace, receiver, queue } = await setup();
  const other = await setup();
  await millrace.webhooks.create({ url: receiver.url("/failed"), eventTypes: ["job.failed"] });
  await other.millrace.webhooks.create({ url: receiver.url("/other") });
  const succeeded = await millrace.submit({ queue, type: "succeed" });
  await millrace.wait(succeeded.jobId);
  const failed = await millrace.submit({ queue, type: "fail" });
  const request = await receiver.next(isAbout(failed.jobId));
  expect(request.path).toBe("/failed");
  const theirs = await other.millrace.submit({ queue: other.queue, type: "succeed" });
  expect((await receiver.next(isAbout(theirs.jobId))).path).toBe("/other");
  expect(receiver.count()).toBe(2);
  expect(await Array.fromAsync(other.millrace.webhooks.deliveries())).toMatchObject([
    { subjectId: theirs.jobId },
  ]);
});

test("operators hear of dead letters of the queues that they name, signed, and of nothing else", async () => {
  const { system, millrace, receiver, queue } = await setup();
  const other = await setup();
  const admin = connectAdmin({ address: String(system.schedulers[0]?.addresses.admin) });
  onTestFinished(() => admin.close());
  const { endpoint, secret } = await admin.webhooks.create({
    ...{ url: receiver.url("/pager"), name: "pager", queues: [queue] },
  });
  await other.millrace.wait(
    (await other.millrace.submit({ queue: other.queue, type: "fail" })).jobId,
  );
  await millrace.wait((await millrace.submit({ queue, type: "succeed" })).jobId);
  const { jobId } = await millrace.submit({ queue, type: "fail", labels: { team: "a" } });
  const request = await receiver.next(isAbout(jobId));
  for (const verify of Object.values(verifiers)) {
    expect(await verify(request, secret)).toMatchObject({
      ...{ type: "job.dead_lettered", object: "event" },
      data: { id: jobId, queue, state: "failed", failure: { reason: "BROKEN" }, attempt: 1 },
    });
  }
  expect(receiver.count()).toBe(1);
  const deliveries = await Array.fromAsync(admin.webhooks.deliveries());
  expect(deliveries).toMatchObject([{ endpointId: endpoint.id, subjectId: jobId }]);
  // Callers see neither the endpoint nor its deliveries.
  expect(await millrace.webhooks.list()).toEqual([]);
  await expect(millrace.webhooks.get(endpoint.id)).rejects.toMatchObject({
    reason: "WEBHOOK_NOT_FOUND",
  });
  await admin.webhooks.delete(endpoint.id);
});

test("callers and operators have no use of the internal queue", async () => {
  const { millrace, system } = await setup();
  await expect(millrace.submit({ queue: WEBHOOK_QUEUE, type: "webhook" })).rejects.toMatchObject({
    reason: "QUEUE_NOT_FOUND",
  });
  await expect(millrace.createGroup({ queue: WEBHOOK_QUEUE })).rejects.toMatchObject({
    reason: "QUEUE_NOT_FOUND",
  });
  await expect(system.putQueue({ name: WEBHOOK_QUEUE })).rejects.toThrow("reserved");
});
