import type { KeyId } from "@millrace/shared";
import { expect, test } from "vitest";
import { leaseOne, queue, setup } from "../../test/setup.ts";
import type { QuotedPlace } from "../index.ts";

const keyId = "aaaa" as KeyId;
const place: QuotedPlace = { queue, keyId, type: "summarize", priority: 50 };

test("a placement counts the jobs of the key that come first, and those of other lanes", async () => {
  const { engine, job } = await setup();
  await engine.submit([
    ...[job(keyId), job(keyId), job(keyId, { priority: 60 }), job(keyId, { priority: 40 })],
    ...[job("bbbb"), job("bbbb"), job("cccc"), job("dddd", { priority: 5 })],
  ]);
  const found = await engine.placement(place);
  expect(found?.explanation.aheadInLane).toBe(3);
  expect(found?.explanation.lanes).toBe(3);
  expect([...(found?.otherLanes ?? [])].sort()).toEqual([1, 2]);
  expect((await engine.placement({ ...place, priority: 45 }))?.explanation.aheadInLane).toBe(1);
});

test("a placement names what would hold the job, as explain does for a job that waits", async () => {
  const { engine, job } = await setup();
  await engine.keyBudgets.set(keyId, { requestsPerMinute: 1, tokensPerMinute: 100 });
  await engine.submit([job(keyId, { estimatedTokens: 90 })]);
  await leaseOne(engine);
  const waiting = job(keyId, { estimatedTokens: 50 });
  const found = await engine.placement({ ...place, estimatedTokens: 50 });
  expect(found).toMatchObject({
    ...{ reservedTokens: 50, budget: { requestsPerMinute: 1 } },
    used: { requests: 1, tokens: 90, running: 1 },
  });
  await engine.submit([waiting]);
  const explained = await engine.explain(waiting.id);
  expect(found?.explanation).toEqual(explained);
});

test("a placement of a model has the routes of the model", async () => {
  const { engine } = await setup();
  await engine.models.put({ name: "large", routes: [{ account: "openai", model: "x" }] });
  const found = await engine.placement({ ...place, model: "large" });
  expect(found?.explanation).toMatchObject({
    model: "large",
    routes: [{ account: "openai", model: "x", constraints: [] }],
  });
  const without = await engine.placement({ ...place, model: "none" });
  expect(without?.explanation.constraints).toMatchObject([{ kind: "NO_ROUTE" }]);
});

test("a queue that is not defined has no placement and no past runs", async () => {
  const { engine } = await setup();
  const nowhere = "nowhere" as typeof queue;
  expect(await engine.placement({ ...place, queue: nowhere })).toBeUndefined();
  expect(await engine.pastRuns(nowhere, keyId)).toEqual([]);
});

test("past runs are those that succeeded, the newest first, of all keys", async () => {
  const { engine, job, time } = await setup();
  await engine.models.put({ name: "large", routes: [{ account: "openai", model: "x" }] });
  const run = async (key: string, more: object, ms: number, kind: "complete" | "fail") => {
    await engine.submit([job(key, more)]);
    const leased = await leaseOne(engine);
    time.nowMs += ms;
    const usage = { inputTokens: 10, outputTokens: ms, providerCalls: 1 };
    const failure = { reason: "NO", message: "no", retryable: false };
    await engine.settle([
      kind === "complete"
        ? { ...leased, kind, resultJson: "1", usage }
        : { ...leased, kind, state: "FAILED", failure, usage },
    ]);
  };
  await run("aaaa", {}, 500, "complete");
  await run("bbbb", { model: "large", type: "chat" }, 700, "complete");
  await run("aaaa", {}, 900, "fail");
  expect(await engine.pastRuns(queue, keyId)).toEqual([
    {
      ...{ keyId: "bbbb", type: "chat", model: "large", runMs: 700 },
      ...{ inputTokens: 10, outputTokens: 700 },
    },
    { keyId: "aaaa", type: "summarize", runMs: 500, inputTokens: 10, outputTokens: 500 },
  ]);
});
