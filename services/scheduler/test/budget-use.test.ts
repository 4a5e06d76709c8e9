import { ConstraintKind } from "@millrace/proto/job-service";
import type { QueueName } from "@millrace/shared";
import { createMetrics } from "@millrace/telemetry";
import { expect, test, vi } from "vitest";
import { MOST_GAUGES, startKeyUse } from "../src/loops/key-use.ts";
import { setup } from "./admin-setup.ts";

const queue = "mail";
const MINUTE_MS = 60_000;

async function runs() {
  const parts = await setup();
  const { rpc, engine, submit } = parts;
  await rpc.putQueue({ queue: { name: queue, shards: 3 } });
  /** Leases one job of a key. */
  const run = async (keyId: string, estimatedTokens: number) => {
    await submit({ queue, estimatedTokens }, keyId);
    const request = { queue: queue as QueueName, count: 1, leaseMs: 600_000, workerId: "w" };
    const [held] = (await engine.lease(request)).leases;
    if (held === undefined) throw new Error("no job was next");
    return held;
  };
  const budgetUse = async (keyId: string) =>
    (await rpc.listApiKeys({})).apiKeys.find((key) => key.keyId === keyId)?.budgetUse ?? [];
  return { ...parts, run, budgetUse };
}

test("listing keys says how much of each limit is used now, and when a used-up one is free", async () => {
  const { rpc, run, budgetUse, clock, engine } = await runs();
  const { apiKey } = await rpc.createApiKey({
    name: "shop",
    budget: { requestsPerMinute: 2, tokensPerMinute: 1_000n, tokensPerDay: 5_000n },
  });
  const keyId = apiKey?.keyId ?? "";
  expect(await budgetUse(keyId)).toEqual([]);
  const first = await run(keyId, 300);
  clock.advance(1_000);
  await run(keyId, 200);
  const second = Math.floor(clock.nowMs() / 1_000);
  const kind = ConstraintKind;
  const requests = { queue, kind: kind.KEY_REQUESTS, used: 2n, limit: 2n };
  // The first request counts until the minute after its second is over.
  const clearTime = { seconds: BigInt(second - 1 + 61) };
  expect(await budgetUse(keyId)).toMatchObject([
    { ...requests, clearTime },
    { queue, kind: kind.KEY_TOKENS, used: 500n, limit: 1_000n },
    { queue, kind: kind.KEY_DAILY_TOKENS, used: 500n, limit: 5_000n },
    { queue, kind: kind.KEY_CONCURRENCY, used: 2n, limit: 0n },
  ]);
  await engine.settle([{ ...first, kind: "complete", resultJson: "1" }]);
  clock.advance(MINUTE_MS + 1_000);
  expect((await budgetUse(keyId)).map((one) => [one.kind, one.used, one.clearTime])).toEqual([
    [kind.KEY_DAILY_TOKENS, 500n, undefined],
    [kind.KEY_CONCURRENCY, 1n, undefined],
  ]);
});

test("the gauges show the limits of which most is used, and no more than 20", async () => {
  const { rpc, run, engine, clock } = await runs();
  const metrics = createMetrics("scheduler");
  const keys: string[] = [];
  for (let n = 0; n < MOST_GAUGES + 5; n += 1) {
    const budget = { tokensPerMinute: 1_000n };
    keys.push((await rpc.createApiKey({ name: `key ${n}`, budget })).apiKey?.keyId ?? "");
  }
  for (const [n, key] of keys.entries()) await run(key, 10 * (n + 1));
  const errors: unknown[] = [];
  const loop = startKeyUse(engine, metrics, {
    ...{ clock, everyMs: 1_000, onError: (error) => errors.push(error) },
  });
  const shown = async () =>
    (await metrics.registry.metrics())
      .split("\n")
      .filter((line) => line.startsWith("millrace_key_budget_used_ratio{"));
  await vi.waitFor(async () => expect(await shown()).toHaveLength(MOST_GAUGES), {
    timeout: 20_000,
  });
  const [least, busiest] = [keys[5] ?? "", keys.at(-1) ?? ""];
  const lineOf = (key: string, ratio: number) =>
    `millrace_key_budget_used_ratio{key_id="${key}",queue="${queue}",limit="KEY_TOKENS"} ${ratio}`;
  expect(await shown()).toContain(lineOf(busiest, 0.25));
  expect(await shown()).toContain(lineOf(least, 0.06));
  clock.advance(2 * MINUTE_MS);
  await vi.waitFor(async () => expect(await shown()).toEqual([]), { timeout: 20_000 });
  await loop.close();
  expect(errors).toEqual([]);
});
