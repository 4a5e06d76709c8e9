import { openEngine } from "@millrace/engine";
import { WebhookService } from "@millrace/proto/webhook-service";
import { fixedValue, grpcClient, serve } from "@millrace/runtime";
import { systemRandom as random } from "@millrace/shared";
import { ManualClock, redisForTests } from "@millrace/testing";
import { expect, onTestFinished, test } from "vitest";
import { changeRecorder } from "../src/operators/record-change.ts";
import { operatorTokens, requireOperator } from "../src/tokens/operator-tokens.ts";
import { defineWebhookQueue } from "../src/webhooks/define-queue.ts";
import { operatorWebhookService } from "../src/webhooks/operator-webhook-service.ts";
import { someWebhooks } from "./webhook-setup.ts";

const url = "https://example.com/hook";

/** The listener of operators, as anna reaches it. There may be two endpoints. */
async function setup() {
  const redis = await redisForTests();
  const clock = new ManualClock();
  const { rootPrefix } = redis;
  const engine = await openEngine({ redis: { url: redis.url }, rootPrefix, clock, random });
  onTestFinished(() => engine.close());
  await defineWebhookQueue(engine);
  const record = changeRecorder(engine.changeLog);
  const server = await serve({
    listen: { host: "127.0.0.1", port: 0 },
    services: [operatorWebhookService(someWebhooks(engine, clock), record)],
    authenticate: requireOperator(fixedValue(operatorTokens("anna:s3cret"))),
    clock,
    onBug: (error) => {
      throw error;
    },
  });
  onTestFinished(() => server.close());
  const { rpc } = grpcClient(WebhookService, server.address, { token: "anna:s3cret" });
  const create = async (request: object = {}) => {
    const { endpoint, secret } = await rpc.createWebhookEndpoint({ url, ...request });
    return { id: String(endpoint?.id), secret };
  };
  const changes = async () =>
    (await engine.changeLog.list(20))?.changes.map((one) => [one.actor, one.action, one.subject]);
  return { rpc, engine, create, changes, address: server.address };
}

test("operators create, change, rotate and delete endpoints, and the change log has each change and no secret", async () => {
  const { rpc, engine, create, changes } = await setup();
  const { id, secret } = await create({ name: "pager", queues: ["documents"] });
  expect(secret).toMatch(/^whsec_/);
  const { endpoint } = await rpc.updateWebhookEndpoint({
    ...{
      endpointId: id,
      queues: { names: ["mail"] },
      eventTypes: { types: ["job.dead_lettered"] },
    },
  });
  expect(endpoint).toMatchObject({ queues: ["mail"], eventTypes: ["job.dead_lettered"] });
  const rotated = await rpc.rotateWebhookSecret({ endpointId: id });
  expect(rotated.secret).toMatch(/^whsec_/);
  expect(rotated.secret).not.toBe(secret);
  expect((await rpc.listWebhookEndpoints({})).endpoints).toMatchObject([{ id, name: "pager" }]);
  await rpc.deleteWebhookEndpoint({ endpointId: id });
  expect((await rpc.listWebhookEndpoints({})).endpoints).toEqual([]);
  expect(await changes()).toEqual([
    ["anna", "DeleteWebhookEndpoint", id],
    ["anna", "RotateWebhookSecret", id],
    ["anna", "UpdateWebhookEndpoint", id],
    ["anna", "CreateWebhookEndpoint", id],
  ]);
  const log = JSON.stringify(await engine.changeLog.list(20));
  for (const one of [secret, rotated.secret]) expect(log).not.toContain(one);
});

test("a test event is a delivery of operators, which they read and send again", async () => {
  const { rpc, engine, create } = await setup();
  const { id } = await create();
  const { delivery } = await rpc.sendTestEvent({ endpointId: id });
  expect(delivery).toMatchObject({ endpointId: id, eventType: "webhook.test" });
  const deliveryId = String(delivery?.id);
  expect(deliveryId).toMatch(/^millrace-webhooks~operator~/);
  await engine.cancel(deliveryId as never, "enough");
  const again = await rpc.redeliverWebhooks({ what: { case: "deliveryId", value: deliveryId } });
  expect(again.deliveries).toMatchObject([{ eventId: delivery?.eventId }]);
  const { deliveries } = await rpc.listWebhookDeliveries({ endpointId: id });
  expect(deliveries.map((one) => one.id).sort()).toEqual(
    [deliveryId, String(again.deliveries[0]?.id)].sort(),
  );
});

test.each<[what: string, request: object, words: RegExp]>([
  ["a type of events of callers", { eventTypes: ["job.failed"] }, /job\.dead_lettered/],
  ["a URL that is not allowed", { url: "http://10.0.0.1/" }, /MILLRACE_WEBHOOK_ALLOWED/],
  ["the name of a queue that none can have", { queues: ["No"] }, /queues/],
])("refuses %s, and leaves nothing in the change log", async (_, request, words) => {
  const { create, changes } = await setup();
  await expect(create(request)).rejects.toThrow(words);
  expect(await changes()).toEqual([]);
});

test("operators have as many endpoints as an API key may have, and no callbacks", async () => {
  const { rpc, create, address } = await setup();
  await create();
  await create();
  await expect(create()).rejects.toThrow("operators have 2 webhook endpoints");
  await expect(rpc.getCallbackSecret({})).rejects.toThrow("no callbacks");
  await expect(rpc.rotateWebhookSecret({})).rejects.toThrow("no callbacks");
  const nobody = grpcClient(WebhookService, address, { token: "bert:wrong" }).rpc;
  await expect(nobody.listWebhookEndpoints({})).rejects.toMatchObject({
    reason: "UNAUTHENTICATED",
  });
});
