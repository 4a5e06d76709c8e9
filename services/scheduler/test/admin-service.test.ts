import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampMs } from "@bufbuild/protobuf/wkt";
import { AdminService } from "@millrace/proto/admin-service";
import type { RetryPolicySchema } from "@millrace/proto/job";
import { grpcClient } from "@millrace/runtime";
import { parseApiKey } from "@millrace/shared";
import { expect, test } from "vitest";
import { setup } from "./admin-setup.ts";

test("accepts operators by their token only", async () => {
  const { address } = await setup();
  for (const options of [{}, { token: "other" }]) {
    const { rpc } = grpcClient(AdminService, address, options);
    await expect(rpc.listQueues({})).rejects.toMatchObject({ reason: "UNAUTHENTICATED" });
  }
});

test("creates an API key that works, and does not store its secret", async () => {
  const { rpc, engine, clock, opens } = await setup();
  const { key, apiKey } = await rpc.createApiKey({ name: "shop" });
  expect(await opens(key)).toBe(true);
  expect(apiKey?.name).toBe("shop");
  expect(timestampMs(apiKey?.createTime as never)).toBe(clock.nowMs());
  const secret = parseApiKey(key)?.secret ?? "";
  expect(JSON.stringify(await engine.apiKeys.list())).not.toContain(secret);
});

test("lists API keys by id, in pages of any size", async () => {
  const { rpc, newKey } = await setup();
  const ids = await Promise.all([1, 2, 3].map(async () => (await newKey()).keyId));
  ids.sort();
  const page = async (pageSize: number, pageToken = "") => {
    const { apiKeys, nextPageToken } = await rpc.listApiKeys({ pageSize, pageToken });
    return { ids: apiKeys.map(({ keyId }) => keyId), nextPageToken };
  };
  const first = await page(2);
  expect(first.ids).toEqual(ids.slice(0, 2));
  expect(await page(2, first.nextPageToken)).toEqual({ ids: ids.slice(2), nextPageToken: "" });
  expect(await page(3)).toEqual({ ids, nextPageToken: "" });
  expect((await page(0)).ids).toEqual(ids);
  for (const token of ["!", "garbage", ids[0] ?? "", "key:", "schedule:nightly"]) {
    await expect(page(1, token), token).rejects.toMatchObject({
      reason: "MALFORMED",
      violations: [{ field: "page_token" }],
    });
  }
});

test("accepts both secrets after a rotation, and the old one only for its grace", async () => {
  const { rpc, clock, opens, newKey } = await setup();
  const { key: old, keyId } = await newKey();
  const { key, apiKey } = await rpc.rotateApiKey({ keyId, grace: { seconds: 60n } });
  expect(apiKey).toMatchObject({ keyId });
  expect(timestampMs(apiKey?.oldSecretExpireTime as never)).toBe(clock.nowMs() + 60_000);
  expect([await opens(old), await opens(key)]).toEqual([true, true]);
  clock.advance(60_000);
  expect([await opens(old), await opens(key)]).toEqual([false, true]);
  const next = await rpc.rotateApiKey({ keyId, grace: {} });
  expect([await opens(key), await opens(next.key)]).toEqual([false, true]);
  await rpc.rotateApiKey({ keyId });
  clock.advance(24 * 3_600_000 - 1);
  expect(await opens(next.key)).toBe(true);
  clock.advance(1);
  expect(await opens(next.key)).toBe(false);
});

test("renames an API key, and revokes it for good", async () => {
  const { rpc, opens, newKey } = await setup();
  const { key, keyId } = await newKey();
  const renamed = await rpc.updateApiKey({ keyId, name: "market" });
  expect(renamed.apiKey?.name).toBe("market");
  expect((await rpc.updateApiKey({ keyId })).apiKey).toEqual(renamed.apiKey);
  expect(await opens(key)).toBe(true);
  const revoked = await rpc.revokeApiKey({ keyId });
  expect(revoked.apiKey?.revokeTime).toBeDefined();
  expect(await rpc.revokeApiKey({ keyId })).toEqual(revoked);
  expect(await opens(key)).toBe(false);
  await expect(rpc.rotateApiKey({ keyId })).rejects.toMatchObject({ reason: "ILLEGAL_TRANSITION" });
});

test("names an API key that does not exist", async () => {
  const { rpc } = await setup();
  const keyId = "nobody";
  for (const call of [
    () => rpc.updateApiKey({ keyId, name: "a" }),
    () => rpc.updateApiKey({ keyId }),
    () => rpc.rotateApiKey({ keyId }),
    () => rpc.revokeApiKey({ keyId }),
  ]) {
    await expect(call()).rejects.toMatchObject({
      reason: "KEY_NOT_FOUND",
      message: expect.stringContaining(keyId),
    });
  }
});

test("returns a queue as it was last put, with defaults for what is left out", async () => {
  const { rpc } = await setup();
  const put = { name: "mail", shards: 2, types: ["send"], maxStalls: 9, retainFailed: {} };
  expect((await rpc.putQueue({ queue: put })).queue).toMatchObject({
    ...{ shards: 2, types: ["send"], maxDepthPerKey: 1_000_000, maxStalls: 9 },
    ...{ retainSucceeded: { seconds: 86_400n }, retainFailed: { seconds: 0n } },
  });
  const again = (await rpc.putQueue({ queue: { name: "mail" } })).queue;
  expect(again).toMatchObject({ shards: 2, types: [], maxStalls: 3, retainCount: 100_000 });
  expect(again?.retainFailed).toMatchObject({ seconds: 7n * 86_400n });
  await rpc.putQueue({ queue: { name: "a" } });
  expect((await rpc.listQueues({})).queues.map(({ queue }) => queue?.name)).toEqual(["a", "mail"]);
});

test("does not change the number of shards of a queue", async () => {
  const { rpc } = await setup();
  const put = (shards: number) => rpc.putQueue({ queue: { name: "mail", shards, maxStalls: 5 } });
  await put(2);
  await expect(put(3)).rejects.toMatchObject({
    reason: "ILLEGAL_TRANSITION",
    message: expect.stringContaining("2 shards"),
  });
  expect((await put(2)).queue?.shards).toBe(2);
});

test("applies the queue's retry policy, as it was last put, to jobs without one", async () => {
  const { rpc, submit } = await setup();
  const put = async (defaultRetry: MessageInitShape<typeof RetryPolicySchema>) =>
    (await rpc.putQueue({ queue: { name: "mail", defaultRetry } })).queue?.defaultRetry;
  expect(await put({ maxAttempts: 2, initialBackoff: { seconds: 400n } })).toMatchObject({
    ...{ maxAttempts: 2, initialBackoff: { seconds: 400n }, maxBackoff: { seconds: 400n } },
  });
  expect(await submit({ queue: "mail" })).toMatchObject({
    ...{ maxAttempts: 2, backoff: { initialMs: 400_000, maxMs: 400_000 } },
  });
  expect(await submit({ queue: "mail", retry: { maxAttempts: 3 } })).toMatchObject({
    ...{ maxAttempts: 3, backoff: { initialMs: 400_000 } },
  });
  await put({});
  expect(await submit({ queue: "mail" })).toMatchObject({
    ...{ maxAttempts: 5, backoff: { initialMs: 2_000, maxMs: 300_000 } },
  });
});

test("refuses a maximum backoff below the initial one, and accepts an equal one", async () => {
  const { rpc } = await setup();
  const put = (initial: bigint, max: bigint) =>
    rpc.putQueue({
      queue: {
        name: "mail",
        defaultRetry: { initialBackoff: { seconds: initial }, maxBackoff: { seconds: max } },
      },
    });
  await expect(put(3n, 2n)).rejects.toMatchObject({
    violations: [
      {
        field: "queue.default_retry",
        description: "max_backoff must not be less than initial_backoff",
      },
    ],
  });
  await put(3n, 3n);
});

test("pauses and resumes a queue, and shows that", async () => {
  const { rpc } = await setup();
  await rpc.putQueue({ queue: { name: "mail", shards: 2 } });
  expect((await rpc.pauseQueue({ name: "mail" })).queue?.paused).toBe(true);
  expect((await rpc.listQueues({})).queues).toMatchObject([
    { paused: true, stats: { queued: 0n } },
  ]);
  expect((await rpc.resumeQueue({ name: "mail" })).queue?.paused).toBe(false);
  for (const call of [rpc.pauseQueue, rpc.resumeQueue]) {
    await expect(call({ name: "no" })).rejects.toMatchObject({ reason: "QUEUE_NOT_FOUND" });
  }
});
