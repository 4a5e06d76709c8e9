import { WebhookDisabledReason } from "@millrace/proto/webhook-endpoint";
import { timestampOf } from "@millrace/runtime";
import { newWebhookSecret, systemRandom as random } from "@millrace/shared";
import { expect, test, vi } from "vitest";
import { setup, url } from "./webhook-setup.ts";

const DAY_MS = 86_400_000;

test("an endpoint is created with its secret, which is stored sealed and shown once", async () => {
  const { rpc, store, newCall, clock } = await setup();
  const call = newCall({
    name: "shop",
    eventTypes: ["job.failed", "group.*"],
    includeResult: true,
  });
  const { response } = await rpc.createWebhookEndpoint(call);
  const { secret } = call.request;
  const endpoint = {
    ...{ id: call.endpointId, name: "shop", url, eventTypes: ["job.failed", "group.*"] },
    ...{ includeResult: true, enabled: true },
    createTime: timestampOf(clock.nowMs()),
  };
  expect(response).toMatchObject({ secret, endpoint });
  const stored = await store.get(call.endpointId);
  expect(stored?.secrets).toMatchObject([{ sealed: `sealed ${secret}` }]);
  const { keyId, endpointId } = call;
  const read = await rpc.getWebhookEndpoint({ keyId, request: { endpointId } });
  expect(Object.values(read.response?.endpoint ?? {})).not.toContain(secret);
  // The gateway repeats a call whose answer was lost.
  clock.advance(1_000);
  expect((await rpc.createWebhookEndpoint(call)).response).toEqual(response);
  const { response: listed } = await rpc.listWebhookEndpoints({ keyId, request: {} });
  expect(listed?.endpoints).toMatchObject([{ id: endpointId }]);
});

test("a repeated creation stores the same endpoint again, so that the shards learn of it", async () => {
  const { rpc, newCall, store } = await setup();
  const call = newCall();
  await rpc.createWebhookEndpoint(call);
  const stored = await store.get(call.endpointId);
  const create = vi.spyOn(store, "create");
  await rpc.createWebhookEndpoint(call);
  expect(create).toHaveBeenCalledExactlyOnceWith(stored, 50);
});

test.each<[what: string, request: object, field: string, words: RegExp]>([
  ["a URL of another scheme", { url: "ftp://example.com" }, "url", /https/],
  ["plain HTTP", { url: "http://example.com" }, "url", /MILLRACE_WEBHOOK_ALLOWED_DESTINATIONS/],
  ["a user name in the URL", { url: "https://a:b@example.com" }, "url", /user name or password/],
  ["a private address", { url: "https://192.168.1.2/" }, "url", /192\.168\.1\.2.*ALLOWED_DEST/],
  ["localhost", { url: "https://localhost:8080/x" }, "url", /localhost.*ALLOWED_DESTINATIONS/],
  ["the metadata address", { url: "https://169.254.169.254/" }, "url", /ALLOWED_DESTINATIONS/],
  ["no URL", { url: "example.com" }, "url", /not valid/],
  [
    "an unknown type of events",
    { eventTypes: ["job.failed", "job.done"] },
    "event_types[1]",
    /job\.succeeded.*group\.expired.*"job\.done"/,
  ],
  ["a secret without its prefix", { secret: "c2VjcmV0" }, "secret", /whsec_.*24 to 64 bytes/],
  [
    "a short secret",
    { secret: `whsec_${Buffer.alloc(23).toString("base64")}` },
    "secret",
    /24 to 64/,
  ],
])("%s is refused, and the error names the field", async (_, request, field, words) => {
  const { create } = await setup();
  await expect(create(request)).rejects.toMatchObject({
    reason: "MALFORMED",
    message: expect.stringMatching(words),
    violations: [{ field, description: expect.stringMatching(words) }],
  });
});

test("an error does not repeat the secret", async () => {
  const { create } = await setup();
  const refused = await create({ secret: "hunter2" }).catch((error: Error) => error);
  expect(JSON.stringify(refused) + String(refused)).not.toContain("hunter2");
});

test("what the operator allows is accepted", async () => {
  const { create } = await setup();
  await create({ url: "https://10.1.2.3/hook" });
  await create({ url: "http://intranet.example.com:8080/hook" });
});

test("one API key has at most as many endpoints as the operator allows", async () => {
  const { rpc, create } = await setup({ endpointsPerKey: 2 });
  const { endpointId } = await create();
  await create();
  await create({}, "bbbb");
  await expect(create()).rejects.toMatchObject({
    reason: "TOO_MANY_WEBHOOKS",
    metadata: { limit: "2" },
    message: expect.stringContaining("MILLRACE_WEBHOOK_ENDPOINTS_PER_KEY"),
  });
  await rpc.deleteWebhookEndpoint({ keyId: "aaaa", request: { endpointId } });
  await create();
});

test("the default is fifty endpoints", async () => {
  const { create } = await setup();
  for (let made = 0; made < 50; made += 1) await create();
  await expect(create()).rejects.toMatchObject({ metadata: { limit: "50" } });
});

test("two endpoints of a key do not have one name", async () => {
  const { rpc, create } = await setup();
  const { endpointId } = await create({ name: "shop" });
  await create({ name: "shop" }, "bbbb");
  const taken = { reason: "WEBHOOK_NAME_TAKEN", message: expect.stringContaining('"shop"') };
  await expect(create({ name: "shop" })).rejects.toMatchObject(taken);
  const other = await create();
  const rename = (id: string, name: string) =>
    rpc.updateWebhookEndpoint({ keyId: "aaaa", request: { endpointId: id, name } });
  await expect(rename(other.endpointId, "shop")).rejects.toMatchObject(taken);
  await rename(endpointId, "shop");
  await rename(endpointId, "");
  await rename(other.endpointId, "shop");
});

test("a change keeps what it does not name, and checks what it names", async () => {
  const { rpc, create, clock } = await setup();
  const { endpoint, endpointId } = await create({ name: "shop", eventTypes: ["job.failed"] });
  const keyId = "aaaa";
  clock.advance(5_000);
  const update = async (request: object) =>
    (await rpc.updateWebhookEndpoint({ keyId, request: { endpointId, ...request } })).response
      ?.endpoint;
  const renamed = await update({ name: "store" });
  expect(renamed).toMatchObject({ name: "store", url, eventTypes: ["job.failed"], enabled: true });
  expect(renamed?.updateTime).toEqual(timestampOf(clock.nowMs()));
  expect(renamed?.createTime).toEqual(endpoint.createTime);
  expect(await update({ eventTypes: {} })).toMatchObject({ eventTypes: [], name: "store" });
  await expect(update({ url: "https://[::1]/" })).rejects.toMatchObject({
    violations: [{ field: "url" }],
  });
  await expect(update({ eventTypes: { types: ["x.y"] } })).rejects.toMatchObject({
    violations: [{ field: "event_types[0]" }],
  });
});

test("a change with an old etag is refused", async () => {
  const { rpc, create } = await setup();
  const { endpoint, endpointId } = await create();
  const update = (request: object) =>
    rpc.updateWebhookEndpoint({ keyId: "aaaa", request: { endpointId, ...request } });
  const { response } = await update({ enabled: false, etag: endpoint.etag });
  await expect(update({ enabled: true, etag: endpoint.etag })).rejects.toMatchObject({
    reason: "CHANGED_MEANWHILE",
  });
  await update({ enabled: true, etag: response?.endpoint?.etag ?? "" });
});

test("enabling an endpoint that Millrace disabled forgets why", async () => {
  const { rpc, store, create } = await setup();
  const { endpointId } = await create();
  await store.change(endpointId, (before) => ({
    ...before,
    ...{ enabled: false, disabledReason: "FAILING", failingSinceMs: 7_000 },
  }));
  const call = { keyId: "aaaa", request: { endpointId } };
  const { response } = await rpc.getWebhookEndpoint(call);
  expect(response?.endpoint).toMatchObject({
    ...{ enabled: false, disabledReason: WebhookDisabledReason.FAILING },
    failingSince: timestampOf(7_000),
  });
  const enabled = await rpc.updateWebhookEndpoint({
    ...call,
    request: { endpointId, enabled: true },
  });
  expect(enabled.response?.endpoint).toMatchObject({
    ...{ enabled: true, disabledReason: WebhookDisabledReason.UNSPECIFIED },
  });
  expect(enabled.response?.endpoint?.failingSince).toBeUndefined();
});

test("a rotation keeps the former secret for 24 hours, and a repeated one changes nothing", async () => {
  const { rpc, store, create, clock } = await setup();
  const { endpointId, secret: former } = await create();
  const secret = newWebhookSecret(random);
  const rotate = async (request: object) =>
    (await rpc.rotateWebhookSecret({ keyId: "aaaa", request: { endpointId, ...request } }))
      .response;
  const expire = timestampOf(clock.nowMs() + DAY_MS);
  const sealed = async () => (await store.get(endpointId))?.secrets.map((one) => one.sealed);
  expect(await rotate({ secret })).toMatchObject({ secret, formerSecretExpireTime: expire });
  clock.advance(60_000);
  expect(await rotate({ secret })).toMatchObject({ secret, formerSecretExpireTime: expire });
  expect(await sealed()).toEqual([`sealed ${secret}`, `sealed ${former}`]);
  const read = async () =>
    (await rpc.getWebhookEndpoint({ keyId: "aaaa", request: { endpointId } })).response?.endpoint;
  expect((await read())?.formerSecretExpireTime).toEqual(expire);
  clock.advance(DAY_MS - 60_000);
  expect((await read())?.formerSecretExpireTime).toBeUndefined();
  const leaked = newWebhookSecret(random);
  const revoked = await rotate({ secret: leaked, revokeFormer: true });
  expect(revoked?.formerSecretExpireTime).toBeUndefined();
  expect(await sealed()).toEqual([`sealed ${leaked}`]);
  await expect(rotate({ secret: "mine" })).rejects.toMatchObject({
    violations: [{ field: "secret" }],
  });
});

test("the secret of callbacks is made once, and can be rotated", async () => {
  const { rpc, store, create } = await setup();
  await create();
  const read = async (keyId = "aaaa") =>
    (await rpc.getCallbackSecret({ keyId, request: {} })).response?.secret;
  const first = await read();
  expect(first).toMatch(/^whsec_/);
  expect(await read()).toBe(first);
  expect(await read("bbbb")).not.toBe(first);
  const secret = newWebhookSecret(random);
  await rpc.rotateWebhookSecret({ keyId: "aaaa", request: { secret } });
  expect(await read()).toBe(secret);
  expect((await store.callbackSecrets("aaaa" as never)).map((one) => one.sealed)).toEqual([
    ...[`sealed ${secret}`, `sealed ${first}`],
  ]);
});

test("a key sees, changes, rotates, tests and deletes no endpoint of another key", async () => {
  const { rpc, store, create, newCall } = await setup();
  const { endpointId } = await create();
  const keyId = "bbbb";
  const secret = newWebhookSecret(random);
  const notFound = { reason: "WEBHOOK_NOT_FOUND" };
  const call = { keyId, request: { endpointId } };
  const failed = { case: "failed", value: { endpointId, since: timestampOf(0) } } as const;
  await expect(rpc.getWebhookEndpoint(call)).rejects.toMatchObject(notFound);
  await expect(
    rpc.updateWebhookEndpoint({ keyId, request: { endpointId, name: "mine" } }),
  ).rejects.toMatchObject(notFound);
  await expect(
    rpc.rotateWebhookSecret({ keyId, request: { endpointId, secret } }),
  ).rejects.toMatchObject(notFound);
  await expect(rpc.sendTestEvent(call)).rejects.toMatchObject(notFound);
  await expect(rpc.deleteWebhookEndpoint(call)).rejects.toMatchObject(notFound);
  await expect(rpc.redeliverWebhooks({ keyId, request: { what: failed } })).rejects.toMatchObject(
    notFound,
  );
  await expect(
    rpc.createWebhookEndpoint({ ...newCall({}, keyId), endpointId }),
  ).rejects.toMatchObject(notFound);
  const listed = await rpc.listWebhookEndpoints({ keyId, request: {} });
  expect(listed.response?.endpoints).toEqual([]);
  expect(await store.get(endpointId)).toMatchObject({ keyId: "aaaa", name: "" });
});

test("a deleted endpoint is gone, and may be deleted again", async () => {
  const { rpc, create } = await setup();
  const { endpointId } = await create();
  const call = { keyId: "aaaa", request: { endpointId } };
  await rpc.deleteWebhookEndpoint(call);
  await rpc.deleteWebhookEndpoint(call);
  await expect(rpc.getWebhookEndpoint(call)).rejects.toMatchObject({ reason: "WEBHOOK_NOT_FOUND" });
});

test("a deletion that was cut off is completed by its repetition, which leaves no entry of the endpoint's owner", async () => {
  const owners = vi.fn();
  const { rpc, create, store } = await setup();
  const { endpointId } = await create();
  const call = { keyId: "aaaa", request: { endpointId } };
  const { delete: remove } = store;
  // The scheduler dies before it has removed the owner.
  store.delete = async (id) => {
    owners(id);
    return remove(id);
  };
  await rpc.deleteWebhookEndpoint(call);
  await rpc.deleteWebhookEndpoint(call);
  expect(owners.mock.calls).toEqual([[endpointId], [endpointId]]);
});

test("without MILLRACE_WEBHOOK_KEY no endpoint is created, and the error names the setting", async () => {
  const { rpc, create } = await setup({ sealer: undefined });
  const notSetUp = {
    reason: "WEBHOOKS_NOT_SET_UP",
    message: expect.stringContaining("MILLRACE_WEBHOOK_KEY"),
  };
  await expect(create()).rejects.toMatchObject(notSetUp);
  await expect(rpc.getCallbackSecret({ keyId: "aaaa", request: {} })).rejects.toMatchObject(
    notSetUp,
  );
});
