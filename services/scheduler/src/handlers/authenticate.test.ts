import { createHash } from "node:crypto";
import { create } from "@bufbuild/protobuf";
import type { ApiKeyRecord, KeyBudget } from "@millrace/engine";
import { AuthenticateRequestSchema } from "@millrace/proto/scheduler-service";
import type { KeyId } from "@millrace/shared";
import { ManualClock } from "@millrace/testing";
import { expect, test } from "vitest";
import { authenticate } from "./authenticate.ts";

const NOW_MS = 1_000;
const hash = (secret: string) => createHash("sha256").update(secret).digest();

const call = async (
  secretSha256: Uint8Array,
  change: Partial<ApiKeyRecord> = {},
  asked = "abcd",
  budget?: KeyBudget,
) => {
  const key = {
    keyId: "abcd" as KeyId,
    name: "shop",
    secretHash: hash("right"),
    createdMs: 1,
    ...change,
  };
  const apiKeys = { get: async (id: KeyId) => (id === key.keyId ? key : undefined) };
  const keyBudgets = { get: async () => budget };
  const handler = authenticate({ apiKeys, keyBudgets }, new ManualClock(NOW_MS));
  const { signal } = new AbortController();
  const context = {
    headers: { get: () => undefined },
    signal,
    leaving: signal,
    draining: signal,
    peer: "",
    path: "",
    identity: undefined,
    concerns: () => undefined,
  };
  return handler(create(AuthenticateRequestSchema, { keyId: asked, secretSha256 }), context);
};

const refused = { reason: "UNAUTHENTICATED" };

test("accepts a key with its secret, and returns its name", async () => {
  expect(await call(hash("right"))).toEqual({ name: "shop" });
});

test("refuses a wrong secret, also one of another length", async () => {
  await expect(call(hash("wrong"))).rejects.toMatchObject(refused);
  await expect(call(new Uint8Array(31))).rejects.toMatchObject(refused);
});

test("refuses a revoked key with the right secret", async () => {
  await expect(call(hash("right"), { revokedMs: 2 })).rejects.toMatchObject(refused);
});

test("refuses an unknown key", async () => {
  await expect(call(hash("right"), {}, "efgh")).rejects.toMatchObject(refused);
});

test("accepts the secret before a rotation until its grace is over", async () => {
  const before = (expiresMs: number) => ({ oldSecret: { hash: hash("old"), expiresMs } });
  expect(await call(hash("old"), before(NOW_MS + 1))).toEqual({ name: "shop" });
  expect(await call(hash("right"), before(NOW_MS + 1))).toEqual({ name: "shop" });
  await expect(call(hash("old"), before(NOW_MS))).rejects.toMatchObject(refused);
  const revoked = { ...before(NOW_MS + 1), revokedMs: 2 };
  await expect(call(hash("old"), revoked)).rejects.toMatchObject(refused);
});

test("returns how many bytes of documents a key may store, if its budget sets a limit", async () => {
  const bounded = await call(hash("right"), {}, "abcd", { maxStoredBytes: 5 });
  expect(bounded).toMatchObject({ maxStoredBytes: 5n });
  const unbounded = await call(hash("right"), {}, "abcd", { maxRunning: 1 });
  expect(unbounded).not.toHaveProperty("maxStoredBytes");
});
