/** Proves API keys and their budgets, as operators create and change them, and as everyone sees them. */
import { create, fromJson, type JsonObject } from "@bufbuild/protobuf";
import { durationFromMs } from "@bufbuild/protobuf/wkt";
import {
  ApiKeySchema,
  CreateApiKeyRequestSchema,
  CreateApiKeyResponseSchema,
  type KeyBudget,
  KeyBudgetSchema,
  ListApiKeysResponseSchema,
  RevokeApiKeyResponseSchema,
  RotateApiKeyResponseSchema,
  UpdateApiKeyRequestSchema,
  UpdateApiKeyResponseSchema,
} from "@millrace/proto/admin-service";
import { AuthenticateResponseSchema } from "@millrace/proto/scheduler-service";
import { systemClock as clock, hashSecret, parseApiKey } from "@millrace/shared";
import { expect } from "vitest";
import { about, anyText, lately } from "./expected-job.ts";
import { filled } from "./fill.ts";
import { Wanted } from "./ledger.ts";
import { filledSpec, type SpecChoice } from "./specs.ts";
import type { World } from "./world.ts";

const GRACE_MS = 3 * 3_600_000;
const someBytes = new Wanted("some bytes", (value) => Number(value) > 100);

/** Takes a key through its life: created, used, changed, rotated and revoked. */
export async function proveKeys(world: World, choice: SpecChoice): Promise<void> {
  const { ledger, admin } = world;
  const made = filled(CreateApiKeyRequestSchema, {
    set: {
      "budget.max_priority": 2,
      "budget.max_stored_bytes": 1_000_000n,
      "budget.tokens_per_minute": 900_000n,
      "budget.tokens_per_day": 9_000_000n,
    },
  });
  const answer = await admin.createApiKey(made);
  const keyId = String(answer.apiKey?.keyId);
  const { name, budget } = made;
  const known = { keyId, name, budget, createTime: lately, etag: anyText };
  const wholeKey = new Wanted("a whole key", (key) => parseApiKey(String(key))?.keyId === keyId);
  ledger.compare("CreateApiKey response", CreateApiKeyResponseSchema, answer, {
    apiKey: known,
    key: wholeKey,
  });
  ledger.prove("CreateApiKey request", "name", "budget");

  const spec = filledSpec({ ...choice, documentIds: [] });
  await world.callerOf(answer.key).submitJob({ job: spec });
  await proveAuthentication(world, answer.key, name, budget);

  const rotated = await admin.rotateApiKey({ keyId, grace: durationFromMs(GRACE_MS) });
  const withOld = { ...known, oldSecretExpireTime: about(clock.nowMs() + GRACE_MS) };
  ledger.compare("RotateApiKey response", RotateApiKeyResponseSchema, rotated, {
    apiKey: withOld,
    key: wholeKey,
  });
  expect(rotated.key).not.toBe(answer.key);
  ledger.prove("RotateApiKey request", "key_id", "grace");

  const change = filled(UpdateApiKeyRequestSchema, {
    set: { key_id: keyId, etag: rotated.apiKey?.etag, "budget.max_priority": 3 },
  });
  const updated = await admin.updateApiKey(change);
  const changed = { ...withOld, name: change.name, budget: change.budget };
  ledger.compare("UpdateApiKey response", UpdateApiKeyResponseSchema, updated, { apiKey: changed });
  await expect(admin.updateApiKey(change)).rejects.toMatchObject({ reason: "CHANGED_MEANWHILE" });
  ledger.prove("UpdateApiKey request", "key_id", "name", "budget", "etag");

  const revoked = await admin.revokeApiKey({ keyId });
  const over = { ...changed, revokeTime: lately };
  ledger.compare("RevokeApiKey response", RevokeApiKeyResponseSchema, revoked, { apiKey: over });
  ledger.prove("RevokeApiKey request", "key_id");

  const { apiKeys } = await admin.listApiKeys({});
  const listed = create(ListApiKeysResponseSchema, {
    apiKeys: apiKeys.filter((key) => key.keyId === keyId),
  });
  const whole = { ...over, storedBytes: someBytes };
  ledger.compare("ListApiKeys response", ListApiKeysResponseSchema, listed, { apiKeys: [whole] });
  for await (const line of world.cliLines("keys", "list", "--all")) {
    const key = fromJson(ApiKeySchema, line as JsonObject);
    if (key.keyId === keyId) ledger.compare("millrace keys list", ApiKeySchema, key, whole);
  }
  const page = await admin.listApiKeys({ pageSize: 1 });
  expect(page.apiKeys).toHaveLength(1);
  const next = await admin.listApiKeys({ pageSize: 1, pageToken: page.nextPageToken });
  expect(next.apiKeys[0]?.keyId).toBe(apiKeys[1]?.keyId);
  ledger.prove("ListApiKeys request", "page_size", "page_token");
  ledger.prove("ListApiKeys response", "next_page_token");
  await proveBudgetFlags(world);
}

/** Proves what a gateway is told about a key. */
async function proveAuthentication(
  { ledger, scheduler }: World,
  key: string,
  name: string,
  budget: KeyBudget | undefined,
): Promise<void> {
  const { keyId = "", secret = "" } = parseApiKey(key) ?? {};
  const request = { keyId, secretSha256: hashSecret(secret) };
  const known = await scheduler.authenticate(request);
  ledger.compare("Authenticate response", AuthenticateResponseSchema, known, {
    name,
    maxStoredBytes: budget?.maxStoredBytes,
  });
  const wrong = { ...request, secretSha256: new Uint8Array(32) };
  await expect(scheduler.authenticate(wrong)).rejects.toThrow();
  ledger.prove("Authenticate request", "key_id", "secret_sha256");
}

/** Proves each flag of the command that sets a limit. */
async function proveBudgetFlags({ ledger, cliLines }: World): Promise<void> {
  let keyId = "";
  for (const way of ["millrace keys create", "millrace keys update"]) {
    const budget = filled(KeyBudgetSchema, { set: { max_priority: 4 + keyId.length } });
    const flags = [
      ...["--requests-per-minute", String(budget.requestsPerMinute)],
      ...["--tokens-per-minute", String(budget.tokensPerMinute)],
      ...["--tokens-per-day", String(budget.tokensPerDay)],
      ...["--max-running", String(budget.maxRunning), "--max-queued", String(budget.maxQueued)],
      ...["--weight", String(budget.weight), "--max-priority", String(budget.maxPriority)],
      ...["--max-stored-bytes", String(budget.maxStoredBytes)],
    ];
    const [line] = await Array.fromAsync(
      keyId === ""
        ? cliLines("keys", "create", "by-flags", ...flags)
        : cliLines("keys", "update", keyId, ...flags),
    );
    const { apiKey = line } = line as { apiKey?: unknown };
    const key = fromJson(ApiKeySchema, apiKey as JsonObject);
    keyId = key.keyId;
    ledger.compare(way, KeyBudgetSchema, key.budget, budget as never);
  }
}
