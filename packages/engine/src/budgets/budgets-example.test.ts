import type { KeyId } from "@millrace/shared";
import { expect, test } from "vitest";
import { lease, setup } from "../../test/setup.ts";
import type { Lease } from "../index.ts";

// The figures are those of the example in docs/budgets.md.
test("the worked example starts 45 jobs a minute of one key, and 55 of the other", async () => {
  const { engine, job, time } = await setup();
  const pool = "openai/gpt-5";
  const slots = 8;
  await engine.keyBudgets.set("shop" as KeyId, { weight: 2, tokensPerMinute: 90_000 });
  await engine.providerAccounts.put({ name: pool, tokensPerMinute: 200_000, maxRunning: slots });
  const startMs = time.nowMs;
  const starts = { shop: [0, 0, 0, 0, 0], batch: [0, 0, 0, 0, 0] };
  let running: { readonly endsMs: number; readonly lease: Lease }[] = [];
  const submit = (key: string, count: number) =>
    engine.submit(Array.from({ length: count }, () => job(key, { pool, estimatedTokens: 2_000 })));
  await Promise.all([submit("shop", 20), submit("batch", 20)]);
  for (; time.nowMs < startMs + 5 * 60_000; time.nowMs += 250) {
    const ended = running.filter(({ endsMs }) => endsMs <= time.nowMs);
    running = running.filter(({ endsMs }) => endsMs > time.nowMs);
    await engine.settle(
      ended.map(({ lease: { jobId, token } }) => ({
        ...{ kind: "complete", jobId, token, resultJson: "{}" },
        usage: { inputTokens: 1_500, outputTokens: 500, providerCalls: 1 },
      })),
    );
    for (const next of await lease(engine, slots - running.length)) {
      const key = next.jobId.split("~")[1] as keyof typeof starts;
      const minute = Math.floor((time.nowMs - startMs) / 60_000);
      starts[key][minute] = (starts[key][minute] ?? 0) + 1;
      running.push({ endsMs: time.nowMs + 3_000, lease: next });
      await submit(key, 1);
    }
  }
  expect(starts).toEqual({ shop: [45, 45, 45, 45, 45], batch: [55, 55, 55, 55, 55] });
});
