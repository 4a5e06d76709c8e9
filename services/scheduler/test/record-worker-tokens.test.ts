import { openEngine } from "@millrace/engine";
import { ManualClock, redisForTests, seededRandom } from "@millrace/testing";
import { expect, onTestFinished, test } from "vitest";
import { recordWorkerTokens } from "../src/tokens/record-worker-tokens.ts";
import { workerTokens } from "../src/tokens/worker-tokens.ts";

async function setup() {
  const { url, rootPrefix } = await redisForTests();
  const clock = new ManualClock();
  const engine = await openEngine({ redis: { url }, rootPrefix, clock, random: seededRandom(1) });
  onTestFinished(() => engine.close());
  const warnings: [object, string][] = [];
  const warned = Promise.withResolvers<void>();
  const log = {
    warn(fields: object, message: string) {
      warnings.push([fields, message]);
      warned.resolve();
    },
  };
  let written: Promise<string> | undefined;
  const changes = {
    append: (change: Parameters<typeof engine.changeLog.append>[0]) => {
      written = engine.changeLog.append(change);
      return written;
    },
  };
  const record = recordWorkerTokens(changes, "scheduler-1", log);
  return {
    ...{ engine, clock, warnings, warned: warned.promise },
    /** Resolves once storing the change has succeeded or failed. */
    async replace(tokens: string) {
      record(workerTokens(tokens));
      await written?.catch(() => undefined);
    },
    recorded: async () => (await engine.changeLog.list(10))?.changes,
  };
}

test("records the names that a scheduler accepts and what they may serve, newest first and without the tokens", async () => {
  const { replace, recorded, clock, warnings } = await setup();
  const firstMs = clock.nowMs();
  await replace("old-s3cret");
  clock.advance(1_000);
  await replace("old-s3cret,gpu:new-s3cret;queues=documents mail;pools=gpu");
  const change = { actor: "config", action: "ReplaceWorkerTokens", subject: "scheduler-1" };
  const found = await recorded();
  expect(found?.map(({ detailJson, ...rest }) => ({ ...rest, ...JSON.parse(detailJson) }))).toEqual(
    [
      {
        ...{ ...change, timeMs: firstMs + 1_000 },
        tokens: [
          { name: "worker" },
          { name: "gpu", queues: ["documents", "mail"], pools: ["gpu"] },
        ],
      },
      { ...change, timeMs: firstMs, tokens: [{ name: "worker" }] },
    ],
  );
  expect(JSON.stringify(found)).not.toContain("s3cret");
  expect(warnings).toEqual([]);
});

test("uses tokens although Redis cannot be written to, and logs what is not recorded", async () => {
  const { engine, replace, warned, warnings } = await setup();
  await engine.close();
  await replace("gpu:new-s3cret");
  await warned;
  const why = { error: expect.any(Error) };
  expect(warnings).toEqual([[why, expect.stringContaining("could not be recorded")]]);
});
