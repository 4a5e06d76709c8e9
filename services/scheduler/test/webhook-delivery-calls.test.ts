import type { LeaseRef, Settlement } from "@millrace/engine";
import { WebhookDeliveryState } from "@millrace/proto/webhook-endpoint";
import { timestampOf } from "@millrace/runtime";
import {
  type JobId,
  type KeyId,
  newEventId,
  newJobId,
  type QueueName,
  systemRandom as random,
  type StoredDelivery,
  WEBHOOK_QUEUE,
} from "@millrace/shared";
import { expect, test } from "vitest";
import { deliveryJob } from "../src/webhooks/delivery-job.ts";
import { keyId, setup as setupService } from "./webhook-setup.ts";

const { PENDING, DELIVERED, FAILED, CANCELLED } = WebhookDeliveryState;
const queue = WEBHOOK_QUEUE as QueueName;
const subject = "documents~aaaa~01JDXW5T5Q6M3C9N2V8K4H7R1B";

async function setup() {
  const parts = await setupService();
  const { engine, clock, rpc } = parts;
  /** Records an event, as the mover does. */
  const record = async (to: Partial<StoredDelivery>, key: string = keyId) => {
    const event = { event_id: newEventId(clock.nowMs(), random), event_type: "job.succeeded" };
    const delivery = { ...event, subject_id: subject, body: `{"id":"${event.event_id}"}`, ...to };
    const options = { keyId: key as KeyId, nowMs: clock.nowMs(), random };
    const job = deliveryJob(delivery, options);
    await engine.submit([job]);
    return { id: job.id, ...event, body: delivery.body };
  };
  /** Leases the next delivery, and settles it. The request takes half a second. */
  const send = async (end: (lease: LeaseRef) => Settlement) => {
    const { leases } = await engine.lease({ queue, count: 1, leaseMs: 30_000, workerId: "w1" });
    const [leased] = leases;
    if (leased === undefined) throw new Error("no delivery was next");
    clock.advance(500);
    await engine.settle([end(leased)]);
    return leased;
  };
  const failure = (status: number) => ({
    ...{ reason: "WEBHOOK_STATUS", message: `the receiver answered ${status}`, retryable: true },
    detailsJson: JSON.stringify({ status, latency_ms: 480, answer: "busy" }),
  });
  const succeed = () =>
    send((lease) => ({
      ...{ ...lease, kind: "complete" },
      resultJson: '{"status":204,"latency_ms":31,"answer":"thanks"}',
    }));
  const failForGood = (status = 500) =>
    send((lease) => ({ ...lease, kind: "fail", state: "FAILED", failure: failure(status) }));
  const get = async (deliveryId: string, key: string = keyId) => {
    const { response } = await rpc.getWebhookDelivery({ keyId: key, request: { deliveryId } });
    return response?.delivery;
  };
  const list = async (request: object = {}, key: string = keyId) => {
    const { response } = await rpc.listWebhookDeliveries({ keyId: key, request });
    return { ids: response?.deliveries.map(({ id }) => id) ?? [], ...response };
  };
  const redeliver = async (deliveryId: string, key: string = keyId) => {
    const what = { case: "deliveryId", value: deliveryId } as const;
    const { response } = await rpc.redeliverWebhooks({ keyId: key, request: { what } });
    return response?.deliveries[0];
  };
  return { ...parts, record, send, failure, succeed, failForGood, get, list, redeliver };
}

test("a delivery shows its event, and what the receiver answered to each request", async () => {
  const { create, record, send, failure, succeed, get, clock } = await setup();
  const { endpointId } = await create({ url: "https://example.com/hook?token=a#b" });
  const startMs = clock.nowMs();
  const event = await record({ endpoint_id: endpointId });
  const shown = {
    ...{ id: event.id, endpointId, eventId: event.event_id, eventType: "job.succeeded" },
    ...{ url: "https://example.com/hook", subjectId: subject, bodyJson: event.body },
    createTime: timestampOf(startMs),
  };
  expect(await get(event.id)).toMatchObject({ ...shown, state: PENDING, attempts: [] });
  await send((lease) => ({ ...lease, kind: "retry", delayMs: 5_000, failure: failure(503) }));
  const failed = {
    ...{ attempt: 1, startTime: timestampOf(startMs), status: 503, answer: "busy" },
    ...{ latency: { seconds: 0n, nanos: 480_000_000 }, reason: "WEBHOOK_STATUS" },
    failure: "the receiver answered 503",
  };
  expect(await get(event.id)).toMatchObject({
    ...{ ...shown, state: PENDING, attempts: [failed] },
    nextAttemptTime: timestampOf(startMs + 5_500),
  });
  clock.advance(5_000);
  await succeed();
  const answered = {
    ...{ attempt: 2, startTime: timestampOf(startMs + 5_500), status: 204, answer: "thanks" },
    ...{ latency: { seconds: 0n, nanos: 31_000_000 }, reason: "", failure: "" },
  };
  expect(await get(event.id)).toMatchObject({
    ...{ ...shown, state: DELIVERED, attempts: [failed, answered] },
  });
});

test("deliveries are listed newest first, by endpoint and by state, in pages", async () => {
  const { create, record, succeed, failForGood, list, engine, clock } = await setup();
  const { endpointId: one } = await create();
  const { endpointId: two } = await create();
  const ids = [];
  for (const to of [
    { endpoint_id: one },
    { endpoint_id: two },
    { callback_url: "https://example.org/mine?token=a" },
    { endpoint_id: one },
  ]) {
    ids.push((await record(to)).id);
    clock.advance(10);
  }
  const [first, second, third, fourth] = ids;
  await engine.cancel(third as never, "no");
  await succeed();
  await failForGood();
  await record({ endpoint_id: one }, "bbbb");
  expect((await list()).ids).toEqual([fourth, third, second, first]);
  expect((await list({ endpointId: one })).ids).toEqual([fourth, first]);
  const inState = async (state: WebhookDeliveryState) => (await list({ state })).ids;
  expect(await inState(PENDING)).toHaveLength(1);
  expect(await inState(DELIVERED)).toHaveLength(1);
  expect(await inState(FAILED)).toHaveLength(1);
  expect(await inState(CANCELLED)).toEqual([third]);
  const listed = (await list()).deliveries;
  expect(listed?.[1]).toMatchObject({ endpointId: "", url: "https://example.org/mine" });
  expect(listed?.map(({ bodyJson }) => bodyJson)).toEqual(["", "", "", ""]);
  const delivered = await list({ state: DELIVERED });
  expect(delivered.deliveries?.[0]?.attempts).toMatchObject([{ status: 204, answer: "thanks" }]);
  const page = await list({ pageSize: 3 });
  expect(page.ids).toEqual([fourth, third, second]);
  expect((await list({ pageSize: 3, pageToken: page.nextPageToken })).ids).toEqual([first]);
});

test("a key sees and repeats no delivery of another key, and no job that is none", async () => {
  const { create, record, get, list, redeliver } = await setup();
  const { endpointId } = await create();
  const { id } = await record({ endpoint_id: endpointId });
  const notFound = { reason: "DELIVERY_NOT_FOUND" };
  await expect(get(id, "bbbb")).rejects.toMatchObject(notFound);
  await expect(redeliver(id, "bbbb")).rejects.toMatchObject(notFound);
  expect((await list({}, "bbbb")).ids).toEqual([]);
  expect((await list({ endpointId }, "bbbb")).ids).toEqual([]);
  await expect(get(subject)).rejects.toMatchObject(notFound);
});

test("a delivery that is over is sent again with its event, as often as asked", async () => {
  const { create, record, succeed, failForGood, get, redeliver, engine } = await setup();
  const { endpointId } = await create();
  const event = await record({ endpoint_id: endpointId });
  await expect(redeliver(event.id)).rejects.toMatchObject({
    ...{ reason: "ILLEGAL_TRANSITION", metadata: { state: "QUEUED" } },
  });
  await failForGood();
  const again = await redeliver(event.id);
  expect(again).toMatchObject({ state: PENDING, eventId: event.event_id, endpointId });
  expect(again?.id).not.toBe(event.id);
  expect(await get(again?.id ?? "")).toMatchObject({ bodyJson: event.body });
  expect((await engine.deadLetters.list({ queue }, 10)).letters).toEqual([]);
  await succeed();
  const third = await redeliver(event.id);
  expect(third).toMatchObject({ state: PENDING, eventId: event.event_id });
  expect((await engine.getJobs([third?.id as never]))[0]).toMatchObject({ redrivenFrom: event.id });
});

test("a delivery whose job was removed is found by its dead letter", async () => {
  const { create, record, failForGood, get, redeliver, engine, clock } = await setup();
  await engine.defineQueue({ name: queue, retainFailedMs: 60_000 });
  const { endpointId } = await create();
  const event = await record({ endpoint_id: endpointId });
  await failForGood();
  clock.advance(60_001);
  expect(await engine.prune(queue, 10)).toMatchObject({ pruned: 1 });
  expect(await get(event.id)).toMatchObject({ state: FAILED, attempts: [{ status: 500 }] });
  expect(await redeliver(event.id)).toMatchObject({ eventId: event.event_id, state: PENDING });
  await expect(get(event.id)).rejects.toMatchObject({ reason: "DELIVERY_NOT_FOUND" });
});

test("a call that a gateway repeats makes one delivery, also if what it sends again is gone by then", async () => {
  const { create, record, failForGood, rpc, list, engine, clock } = await setup();
  await engine.defineQueue({ name: queue, retainFailedMs: 60_000 });
  const { endpointId } = await create();
  const newId = () => newJobId(queue, keyId, clock.nowMs(), random);
  const test = { keyId, request: { endpointId }, deliveryId: newId() };
  const sent = await rpc.sendTestEvent(test);
  clock.advance(1_000);
  expect(await rpc.sendTestEvent(test)).toEqual(sent);
  expect((await list()).ids).toEqual([test.deliveryId]);
  await failForGood();
  const event = await record({ endpoint_id: endpointId });
  await failForGood();
  clock.advance(60_001);
  await engine.prune(queue, 10);
  const what = { case: "deliveryId", value: event.id } as const;
  const again = { keyId, request: { what }, deliveryId: newId() };
  const first = await rpc.redeliverWebhooks(again);
  expect(first.response?.deliveries).toMatchObject([{ id: again.deliveryId }]);
  expect(await rpc.redeliverWebhooks(again)).toEqual(first);
  expect((await list({ state: PENDING })).ids).toEqual([again.deliveryId]);
  const other = { ...again, keyId: "bbbb" };
  await expect(rpc.redeliverWebhooks(other)).rejects.toMatchObject({
    reason: "DELIVERY_NOT_FOUND",
  });
});

test("a repeated call takes off the dead letter that the first one left when it was cut off", async () => {
  const { create, record, failForGood, rpc, engine, clock } = await setup();
  const { endpointId } = await create();
  const event = await record({ endpoint_id: endpointId });
  await failForGood();
  const [letter] = (await engine.deadLetters.list({ queue }, 10)).letters;
  const job = await engine.deadLetters.get(letter?.job.id as JobId);
  const deliveryId = newJobId(queue, keyId, clock.nowMs(), random);
  // The first call has stored its delivery.
  const options = { keyId: keyId as KeyId, nowMs: clock.nowMs(), random, id: deliveryId };
  await engine.submit([deliveryJob(JSON.parse(job?.job.payloadJson ?? ""), options)]);
  const what = { case: "deliveryId", value: event.id } as const;
  const { response } = await rpc.redeliverWebhooks({ keyId, request: { what }, deliveryId });
  expect(response?.deliveries).toMatchObject([{ id: deliveryId }]);
  expect((await engine.deadLetters.list({ queue }, 10)).letters).toEqual([]);
});

test("all deliveries of an endpoint that failed since a time are sent again, each once", async () => {
  const { create, record, failForGood, succeed, rpc, engine, clock, list } = await setup();
  const { endpointId } = await create();
  const { endpointId: other } = await create();
  const fail = async (to: Partial<StoredDelivery>) => {
    const event = await record(to);
    await failForGood();
    return event;
  };
  await fail({ endpoint_id: endpointId });
  clock.advance(1_000);
  const since = timestampOf(clock.nowMs());
  const wanted = [await fail({ endpoint_id: endpointId }), await fail({ endpoint_id: endpointId })];
  await fail({ endpoint_id: other });
  await fail({ callback_url: "https://example.org/mine" });
  await record({ endpoint_id: endpointId });
  await succeed();
  const redeliver = async () => {
    const what = { case: "failed", value: { endpointId, since } } as const;
    return (await rpc.redeliverWebhooks({ keyId, request: { what } })).response;
  };
  const answer = await redeliver();
  expect(answer?.more).toBe(false);
  expect(answer?.deliveries.map(({ eventId }) => eventId).sort()).toEqual(
    wanted.map(({ event_id }) => event_id).sort(),
  );
  expect(answer?.deliveries.map(({ state }) => state)).toEqual([PENDING, PENDING]);
  expect((await redeliver())?.deliveries).toEqual([]);
  expect((await engine.deadLetters.list({ queue }, 10)).letters).toHaveLength(3);
  expect((await list({ state: PENDING })).ids).toHaveLength(2);
});

test("at most 1,000 deliveries are sent again by one call, which then says that there are more", async () => {
  const { create, rpc, engine, clock, failure } = await setup();
  const { endpointId } = await create();
  const job = (n: number) => {
    const event = { event_id: `evt_${n}`, event_type: "job.failed", subject_id: subject };
    const options = { keyId: keyId as KeyId, nowMs: clock.nowMs(), random };
    return deliveryJob({ endpoint_id: endpointId, ...event, body: "{}" }, options);
  };
  await engine.submit(Array.from({ length: 1_001 }, (_, n) => job(n)));
  for (let ended = 0; ended < 1_001; ) {
    const { leases } = await engine.lease({ queue, count: 500, leaseMs: 30_000, workerId: "w1" });
    const end = { kind: "fail", state: "FAILED", failure: failure(500) } as const;
    await engine.settle(leases.map((lease) => ({ ...lease, ...end })));
    ended += leases.length;
  }
  const redeliver = async () => {
    const what = { case: "failed", value: { endpointId, since: timestampOf(0) } } as const;
    const { response } = await rpc.redeliverWebhooks({ keyId, request: { what } });
    return { sent: response?.deliveries.length, more: response?.more };
  };
  expect(await redeliver()).toEqual({ sent: 1_000, more: true });
  expect(await redeliver()).toEqual({ sent: 1, more: false });
});

test("a test event goes to a disabled endpoint too, whatever types of events it names", async () => {
  const { create, rpc, get, clock } = await setup();
  const { endpointId } = await create({ eventTypes: ["group.failed"] });
  await rpc.updateWebhookEndpoint({ keyId, request: { endpointId, enabled: false } });
  const { response } = await rpc.sendTestEvent({ keyId, request: { endpointId } });
  const delivery = response?.delivery;
  expect(delivery).toMatchObject({ state: PENDING, eventType: "webhook.test", endpointId });
  const { bodyJson = "" } = (await get(delivery?.id ?? "")) ?? {};
  expect(JSON.parse(bodyJson)).toEqual({
    ...{ id: delivery?.eventId, object: "event", type: "webhook.test", data: { id: endpointId } },
    created_at: Math.floor(clock.nowMs() / 1_000),
  });
});
