import { createHash } from "node:crypto";
import { create } from "@bufbuild/protobuf";
import type { ApiKeyRecord } from "@millrace/engine";
import { AuthenticateRequestSchema } from "@millrace/proto/scheduler-service";
import type { KeyId } from "@millrace/shared";
import { expect, test } from "vitest";
import { authenticate } from "./authenticate.ts";

const hash = (secret: string) => createHash("sha256").update(secret).digest();

const call = async (
  secretSha256: Uint8Array,
  change: Partial<ApiKeyRecord> = {},
  asked = "abcd",
) => {
  const key = {
    keyId: "abcd" as KeyId,
    name: "shop",
    secretHash: hash("right"),
    createdMs: 1,
    ...change,
  };
  const handler = authenticate({
    apiKeys: { get: async (keyId) => (keyId === key.keyId ? key : undefined) },
  });
  const { signal } = new AbortController();
  const context = {
    headers: { get: () => undefined },
    signal,
    draining: signal,
    peer: "",
    path: "",
    identity: undefined,
  };
  return handler(create(AuthenticateRequestSchema, { keyId: asked, secretSha256 }), context);
};

const refused = { reason: "UNAUTHENTICATED" };

test("a key with its secret is let in by name", async () => {
  expect(await call(hash("right"))).toEqual({ name: "shop" });
});

test("a wrong secret is refused, and so is one of another length", async () => {
  await expect(call(hash("wrong"))).rejects.toMatchObject(refused);
  await expect(call(new Uint8Array(31))).rejects.toMatchObject(refused);
});

test("a revoked key is refused with the right secret", async () => {
  await expect(call(hash("right"), { revokedMs: 2 })).rejects.toMatchObject(refused);
});

test("an unknown key is refused", async () => {
  await expect(call(hash("right"), {}, "efgh")).rejects.toMatchObject(refused);
});
