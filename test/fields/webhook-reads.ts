/** Proves that every way to read webhook endpoints and deliveries shows every field. */
import { fromJson, type JsonObject, type MessageShape } from "@bufbuild/protobuf";
import { durationFromMs, timestampFromMs } from "@bufbuild/protobuf/wkt";
import { SchedulerService } from "@millrace/proto/scheduler-service";
import {
  WebhookDeliverySchema,
  WebhookDeliveryState,
  WebhookDisabledReason,
  WebhookEndpointSchema,
  WebhookPauseReason,
} from "@millrace/proto/webhook-endpoint";
import {
  ListWebhookDeliveriesResponseSchema,
  ListWebhookEndpointsResponseSchema,
  WebhookService,
} from "@millrace/proto/webhook-service";
import { systemClock as clock, type JobId, type QueueName, WEBHOOK_QUEUE } from "@millrace/shared";
import { expect } from "vitest";
import { anyText, lately } from "./expected-job.ts";
import { type Expected, Wanted } from "./ledger.ts";
import type { World } from "./world.ts";

const queue = WEBHOOK_QUEUE as QueueName;
const DAY_MS = 86_400_000;

const within = (text: string, aheadMs: number) =>
  new Wanted(text, (value) => {
    const ms = Number((value as { seconds: bigint }).seconds) * 1_000;
    return Math.abs(ms - clock.nowMs() - aheadMs) < 60_000;
  });
const inADay = within("a time in a day", DAY_MS);
const inAnHour = within("a time in an hour", DAY_MS / 24);
const secretText = new Wanted("a secret", (value) => /^whsec_[\w+/]+=*$/.test(String(value)));

/** Converts an endpoint of the client, or of the command's JSON, to the contract's message. An unknown member throws. */
function endpointOfClient(endpoint: unknown) {
  const { disabledReason, pause, ...same } = JSON.parse(JSON.stringify(endpoint)) as JsonObject;
  const reason = `WEBHOOK_DISABLED_REASON_${disabledReason ?? "UNSPECIFIED"}`;
  const why = `WEBHOOK_PAUSE_REASON_${(pause as JsonObject)?.reason}`;
  const paused = pause === undefined ? {} : { pause: { ...(pause as JsonObject), reason: why } };
  return fromJson(WebhookEndpointSchema, { ...same, ...paused, disabledReason: reason });
}

function deliveryOfClient(delivery: unknown) {
  const { state, attempts, body, ...same } = JSON.parse(JSON.stringify(delivery)) as JsonObject;
  return fromJson(WebhookDeliverySchema, {
    ...same,
    state: `WEBHOOK_DELIVERY_STATE_${state}`,
    attempts: (attempts as JsonObject[]).map(({ latencyMs, failure, ...attempt }) => ({
      ...attempt,
      latency: `${Number(latencyMs) / 1_000}s`,
      failure: (failure as JsonObject).message ?? "",
      reason: (failure as JsonObject).reason ?? "",
    })),
    ...(body === undefined ? {} : { bodyJson: JSON.stringify(body) }),
  });
}

/** Converts a delivery of an HTTP answer, whose body is embedded as JSON. */
function deliveryOfHttp(json: JsonObject) {
  const { body, ...same } = json;
  const text = body === undefined ? {} : { bodyJson: JSON.stringify(body) };
  return fromJson(WebhookDeliverySchema, { ...same, ...text });
}

const httpJson = async (world: World, path: string, method = "GET") =>
  (await (await world.http(path, { method })).json()) as JsonObject;

type Calls = (typeof WebhookService)["method"];

/** Compares what a gateway answered, and a scheduler, which wraps the same answer. */
function compareBoth<Name extends keyof Calls>(
  { ledger }: World,
  name: Name,
  [byGateway, byScheduler]: readonly [
    MessageShape<Calls[Name]["output"]>,
    MessageShape<(typeof SchedulerService)["method"][Name]["output"]>,
  ],
  expected: Expected,
): void {
  const { output, name: method } = WebhookService.method[name];
  ledger.compare(`WebhookService.${method} response`, output, byGateway as never, expected);
  const { output: inner } = SchedulerService.method[name];
  ledger.compare(`SchedulerService.${method} response`, inner, byScheduler as never, {
    response: expected,
  });
}

/** Enters that the fields of a request changed the answer, of a gateway and of a scheduler. */
function proveBoth({ ledger }: World, name: keyof Calls, ...paths: readonly string[]): void {
  const { name: method } = WebhookService.method[name];
  if (paths.length > 0) ledger.prove(`WebhookService.${method} request`, ...paths);
  const inner = paths.map((path) => `request.${path}`);
  ledger.prove(`SchedulerService.${method} request`, "key_id", ...inner);
}

/** An endpoint in which each field is set: rotated, failing, and disabled by Millrace. */
async function wholeEndpoint(world: World) {
  const { webhooks, scheduler, engine, keyId } = world;
  const url = "https://example.com/read?token=a";
  const fields = {
    ...{ name: "read", url, eventTypes: ["job.failed"], includeResult: true },
    queues: ["documents"],
  };
  const made = await webhooks.createWebhookEndpoint(fields);
  const endpointId = String(made.endpoint?.id);
  const base: Expected = {
    ...{ ...fields, id: endpointId, enabled: true, secretHint: anyText, etag: anyText },
    ...{ createTime: lately, updateTime: lately },
  };
  const again = await scheduler.createWebhookEndpoint({
    ...{ keyId, endpointId, request: { url, secret: made.secret } },
  });
  const answer = { endpoint: base, secret: secretText };
  compareBoth(world, "createWebhookEndpoint", [made, again], answer);
  const rotated = await webhooks.rotateWebhookSecret({ endpointId });
  const request = { endpointId, secret: rotated.secret };
  const repeated = await scheduler.rotateWebhookSecret({ keyId, request });
  compareBoth(world, "rotateWebhookSecret", [rotated, repeated], {
    ...{ secret: secretText, formerSecretExpireTime: inADay },
  });
  await engine.webhookEndpoints.change(endpointId, (one) => ({
    ...one,
    ...{ enabled: false, disabledReason: "FAILING", failingSinceMs: 9_000 },
  }));
  await engine.providerAccounts.report(`webhook/${endpointId}`, {
    ...{ kind: "refused", askedMs: DAY_MS / 24 },
  });
  const expected: Expected = {
    pause: { reason: WebhookPauseReason.BUSY, since: lately, until: inAnHour },
    ...{ ...base, enabled: false, disabledReason: WebhookDisabledReason.FAILING },
    ...{ failingSince: timestampFromMs(9_000), formerSecretExpireTime: inADay },
  };
  return { endpointId, expected };
}

/** Reads an endpoint in which each field is set by every way. */
async function proveEndpointReads(world: World): Promise<string> {
  const { webhooks, scheduler, keyId, ledger, millrace } = world;
  const { endpointId, expected } = await wholeEndpoint(world);
  const request = { endpointId };
  const got = await webhooks.getWebhookEndpoint(request);
  const read = await scheduler.getWebhookEndpoint({ keyId, request });
  compareBoth(world, "getWebhookEndpoint", [got, read], { endpoint: expected });
  proveBoth(world, "getWebhookEndpoint", "endpoint_id");
  const listed = await webhooks.listWebhookEndpoints({});
  const page = await scheduler.listWebhookEndpoints({ keyId, request: {} });
  compareBoth(world, "listWebhookEndpoints", [listed, page], { endpoints: [expected] });
  proveBoth(world, "listWebhookEndpoints");
  const change = { endpointId, includeResult: true };
  const updated = await webhooks.updateWebhookEndpoint(change);
  const changed = await scheduler.updateWebhookEndpoint({ keyId, request: change });
  compareBoth(world, "updateWebhookEndpoint", [updated, changed], { endpoint: expected });

  const one = "/v1/webhook-endpoints/{id}";
  const byHttp = fromJson(
    WebhookEndpointSchema,
    await httpJson(world, `/v1/webhook-endpoints/${endpointId}`),
  );
  ledger.compare(`HTTP GET ${one}`, WebhookEndpointSchema, byHttp, expected);
  const all = await httpJson(world, "/v1/webhook-endpoints");
  ledger.compare(
    "HTTP GET /v1/webhook-endpoints",
    ListWebhookEndpointsResponseSchema,
    fromJson(ListWebhookEndpointsResponseSchema, all),
    { endpoints: [expected] },
  );
  for (const endpoint of [
    await millrace.webhooks.get(endpointId),
    ...(await millrace.webhooks.list()),
  ]) {
    const message = endpointOfClient(endpoint);
    ledger.compare("client webhooks get", WebhookEndpointSchema, message, expected);
  }
  for (const args of [["show", endpointId], ["list"]]) {
    const [line] = await Array.fromAsync(world.cliLines("webhooks", ...args));
    const message = endpointOfClient(line);
    ledger.compare("millrace webhooks show", WebhookEndpointSchema, message, expected);
  }
  const secret = await webhooks.getCallbackSecret({});
  const same = await scheduler.getCallbackSecret({ keyId, request: {} });
  compareBoth(world, "getCallbackSecret", [secret, same], { secret: secretText });
  proveBoth(world, "getCallbackSecret");
  // What follows is sent to the endpoint.
  await world.engine.providerAccounts.delete(`webhook/${endpointId}`);
  // A call without the request is refused.
  for (const name of ["GetCallbackSecret", "ListWebhookEndpoints"]) {
    ledger.prove(`SchedulerService.${name} request`, "request");
  }
  await expect(scheduler.getCallbackSecret({ keyId })).rejects.toThrow("request must be set");
  await expect(scheduler.listWebhookEndpoints({ keyId })).rejects.toThrow("request must be set");
  const printed = await Array.fromAsync(world.cliLines("webhooks", "callback-secret"));
  expect(printed).toEqual([{ secret: secret.secret }]);
  expect(await httpJson(world, "/v1/callback-secret")).toEqual({ secret: secret.secret });
  expect(await millrace.webhooks.callbackSecret()).toBe(secret.secret);
  return endpointId;
}

/** Sends two test events, and fails a request of the first as a courier does. */
async function proveDeliveries(world: World, endpointId: string): Promise<void> {
  const { webhooks, scheduler, engine, keyId } = world;
  const request = { endpointId };
  const base: Expected = {
    ...{ id: anyText, endpointId, eventId: anyText, eventType: "webhook.test" },
    ...{ url: "https://example.com/read", subjectId: endpointId, createTime: lately },
    state: WebhookDeliveryState.PENDING,
  };
  const other = await scheduler.sendTestEvent({ keyId, request });
  await engine.cancel(other.response?.delivery?.id as JobId, "not needed");
  const sent = await webhooks.sendTestEvent(request);
  compareBoth(world, "sendTestEvent", [sent, other], { delivery: base });
  proveBoth(world, "sendTestEvent", "endpoint_id");
  const id = String(sent.delivery?.id);
  const leases = await leased(world, endpointId);
  const failure = { reason: "WEBHOOK_STATUS", message: "the receiver answered 503" };
  const answer = { status: 503, latency_ms: 250, answer: "busy" };
  const detailsJson = JSON.stringify(answer);
  await engine.settle(
    leases.map((lease) => ({
      ...{ ...lease, kind: "retry", delayMs: 3_600_000 },
      failure: { ...failure, retryable: true, detailsJson },
    })),
  );
  const expected: Expected = {
    ...{ ...base, id, nextAttemptTime: inAnHour },
    attempts: [
      {
        ...{ attempt: 1, startTime: lately, latency: durationFromMs(250), status: 503 },
        ...{ answer: "busy", failure: failure.message, reason: failure.reason },
      },
    ],
  };
  await readDeliveries(world, { id, endpointId, expected });
  await proveRedelivery(world, { id, endpointId, base });
}

/** Leases deliveries to the endpoint, and none of the callbacks that other tests have caused. */
async function leased({ engine }: World, endpointId: string) {
  const request = { queue, count: 9, leaseMs: 60_000, workerId: "courier" };
  return (await engine.lease({ ...request, pools: [`webhook/${endpointId}`] })).leases;
}

interface Read {
  readonly id: string;
  readonly endpointId: string;
  readonly expected: Expected;
}

async function readDeliveries(world: World, { id, endpointId, expected }: Read): Promise<void> {
  const { webhooks, scheduler, keyId, ledger, millrace } = world;
  const whole = { ...expected, bodyJson: anyText };
  const request = { deliveryId: id };
  const got = await webhooks.getWebhookDelivery(request);
  const read = await scheduler.getWebhookDelivery({ keyId, request });
  compareBoth(world, "getWebhookDelivery", [got, read], { delivery: whole });
  proveBoth(world, "getWebhookDelivery", "delivery_id");
  const filter = { endpointId, state: WebhookDeliveryState.PENDING };
  const page = { ...filter, pageSize: 1 };
  const listed = await webhooks.listWebhookDeliveries(page);
  const inner = await scheduler.listWebhookDeliveries({ keyId, request: page });
  const expectedPage = { deliveries: [expected], nextPageToken: anyText };
  compareBoth(world, "listWebhookDeliveries", [listed, inner], expectedPage);
  // Only this delivery is pending, so no page follows.
  const pageToken = listed.nextPageToken;
  expect((await webhooks.listWebhookDeliveries({ ...page, pageToken })).deliveries).toEqual([]);
  const none = {
    ...page,
    endpointId: endpointId.replace(/.$/, endpointId.endsWith("0") ? "1" : "0"),
  };
  expect((await webhooks.listWebhookDeliveries(none)).deliveries).toEqual([]);
  const listPaths = ["endpoint_id", "state", "page_size", "page_token"];
  proveBoth(world, "listWebhookDeliveries", ...listPaths);

  const path = "/v1/webhook-deliveries";
  const byHttp = deliveryOfHttp(await httpJson(world, `${path}/${id}`));
  ledger.compare(`HTTP GET ${path}/{id}`, WebhookDeliverySchema, byHttp, whole);
  const query = `endpoint=${endpointId}&state=pending&pageSize=1`;
  const listedByHttp = await httpJson(world, `${path}?${query}`);
  ledger.compare(
    `HTTP GET ${path}`,
    ListWebhookDeliveriesResponseSchema,
    fromJson(ListWebhookDeliveriesResponseSchema, listedByHttp),
    expectedPage,
  );
  const next = await httpJson(world, `${path}?${query}&pageToken=${listedByHttp.nextPageToken}`);
  expect(next.deliveries).toEqual([]);
  ledger.prove(`HTTP GET ${path} query`, ...listPaths);
  const delivery = deliveryOfClient(await millrace.webhooks.delivery(id));
  ledger.compare("client webhooks delivery", WebhookDeliverySchema, delivery, whole);
  const found = await Array.fromAsync(
    millrace.webhooks.deliveries({ endpointId, state: "PENDING", pageSize: 1 }),
  );
  expect(found.map((one) => one.id)).toEqual([id]);
  const [line] = await Array.fromAsync(world.cliLines("webhooks", "show", id));
  ledger.compare(
    "millrace webhooks show delivery",
    WebhookDeliverySchema,
    deliveryOfClient(line),
    whole,
  );
  const flags = ["--endpoint", endpointId, "--state", "pending"];
  const lines = await Array.fromAsync(world.cliLines("webhooks", "deliveries", ...flags));
  expect(lines).toMatchObject([{ id }]);
}

/** Ends the delivery, and sends its event again by each way. */
async function proveRedelivery(
  world: World,
  {
    id,
    endpointId,
    base,
  }: { readonly id: string; readonly endpointId: string; readonly base: Expected },
): Promise<void> {
  const { webhooks, scheduler, engine, keyId, millrace } = world;
  await engine.cancel(id as JobId, "not needed");
  const what = { case: "deliveryId", value: id } as const;
  const byGateway = await webhooks.redeliverWebhooks({ what });
  const byScheduler = await scheduler.redeliverWebhooks({ keyId, request: { what } });
  const answers = [byGateway, byScheduler] as const;
  compareBoth(world, "redeliverWebhooks", answers, { deliveries: [base] });
  const event = byGateway.deliveries[0]?.eventId;
  const http = await httpJson(world, `/v1/webhook-deliveries/${id}:redeliver`, "POST");
  const byClient = await millrace.webhooks.redeliver(id);
  const [line] = await Array.fromAsync(world.cliLines("webhooks", "redeliver", id));
  expect([http, byClient, line].map((one) => (one as { eventId: string }).eventId)).toEqual([
    ...[event, event, event],
  ]);
  const since = timestampFromMs(clock.nowMs() - DAY_MS);
  const failed = { case: "failed", value: { endpointId, since } } as const;
  /** Ends all deliveries to the endpoint. The number that may run at once is limited. */
  const fail = async () => {
    const failure = { reason: "WEBHOOK_STATUS", message: "no", retryable: false };
    let count = 0;
    for (;;) {
      const leases = await leased(world, endpointId);
      if (leases.length === 0) return count;
      await engine.settle(
        leases.map((lease) => ({ ...lease, kind: "fail", state: "FAILED", failure })),
      );
      count += leases.length;
    }
  };
  const count = await fail();
  const later = { ...failed.value, since: timestampFromMs(clock.nowMs() + DAY_MS) };
  const none = await webhooks.redeliverWebhooks({ what: { case: "failed", value: later } });
  expect(none.deliveries).toEqual([]);
  expect((await webhooks.redeliverWebhooks({ what: failed })).deliveries).toHaveLength(count);
  await fail();
  const inner = await scheduler.redeliverWebhooks({ keyId, request: { what: failed } });
  expect(inner.response?.deliveries).toHaveLength(count);
  proveBoth(world, "redeliverWebhooks", "delivery_id", "failed.endpoint_id", "failed.since");
}

export async function proveWebhookReads(world: World): Promise<void> {
  const endpointId = await proveEndpointReads(world);
  await proveDeliveries(world, endpointId);
  const { keyId, scheduler, engine } = world;
  const deleted = await scheduler.deleteWebhookEndpoint({ keyId, request: { endpointId } });
  expect(deleted.response).toBeDefined();
  world.ledger.prove("SchedulerService.DeleteWebhookEndpoint response", "response");
  expect(await engine.webhookEndpoints.get(endpointId)).toBeUndefined();
  proveBoth(world, "deleteWebhookEndpoint", "endpoint_id");
}
