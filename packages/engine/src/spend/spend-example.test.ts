import { expect, test } from "vitest";
import { leaseOne, setup } from "../../test/setup.ts";

// The figures are those of the example in docs/spend.md.
test("the worked example costs 3,050 micro-dollars", async () => {
  const { engine, job, time } = await setup();
  await engine.models.put({
    ...{ name: "gpt-5", routes: [{ account: "openai/main", model: "gpt-5" }] },
    price: { inputMicros: 1_250_000, cachedInputMicros: 125_000, outputMicros: 10_000_000 },
  });
  const one = job("shop", { model: "gpt-5" });
  await engine.submit([one]);
  const read = { inputTokens: 1_200, cachedInputTokens: 200, providerCalls: 1 };
  const failure = { reason: "PROVIDER_ERROR", message: "it answered 500", retryable: true };
  const first = await leaseOne(engine);
  await engine.settle([
    { ...first, kind: "retry", delayMs: 0, failure, usage: { ...read, outputTokens: 0 } },
  ]);
  const second = await leaseOne(engine);
  const usage = { ...read, outputTokens: 50, reasoningTokens: 20 };
  await engine.settle([{ ...second, kind: "complete", resultJson: "{}", usage }]);
  const [record] = await engine.getJobs([one.id], "attempts");
  expect(record?.usage?.costMicros).toBe(3_050);
  expect(record?.attempts?.[0]?.usage?.costMicros).toBe(1_275);
  const day = Math.floor(time.nowMs / 86_400_000);
  expect(await engine.spendOfDay(day)).toMatchObject([{ attempts: 2, costMicros: 3_050 }]);
});
