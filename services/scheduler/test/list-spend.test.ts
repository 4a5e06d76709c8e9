import { SpendGrouping } from "@millrace/proto/spend";
import type { QueueName } from "@millrace/shared";
import { expect, test } from "vitest";
import { setup } from "./admin-setup.ts";

const DAY_MS = 86_400_000;
const queue = "mail";
const usage = {
  ...{ inputTokens: 1_000, cachedInputTokens: 600, outputTokens: 50, reasoningTokens: 20 },
  ...{ providerCalls: 1, computeMs: 7 },
};
/** 400 × 1.25 + 600 × 0.125 + 50 × 10 micro-dollars. */
const COST = 1_075n;

/** Runs jobs of two keys and two models, one of which has no price, on two days. */
async function spender() {
  const parts = await setup();
  const { engine, submit, clock } = parts;
  await parts.rpc.putQueue({ queue: { name: queue } });
  await engine.models.put({
    ...{ name: "large", routes: [{ account: "openai", model: "x" }] },
    price: { inputMicros: 1_250_000, cachedInputMicros: 125_000, outputMicros: 10_000_000 },
  });
  await engine.models.put({ name: "small", routes: [{ account: "azure", model: "y" }] });
  const spend = async (key: string, model: string) => {
    await submit({ queue, model, labels: { team: key } }, key);
    const request = { queue: queue as QueueName, count: 1, leaseMs: 30_000, workerId: "w" };
    const [held] = (await engine.lease(request)).leases;
    if (held === undefined) throw new Error("no job was next");
    await engine.settle([{ ...held, kind: "complete", resultJson: "1", usage }]);
  };
  const today = new Date(clock.nowMs()).toISOString().slice(0, 10);
  await spend("aaaa", "large");
  await spend("aaaa", "large");
  await spend("aaaa", "small");
  await spend("bbbb", "large");
  clock.advance(DAY_MS);
  await spend("bbbb", "large");
  const tomorrow = new Date(clock.nowMs()).toISOString().slice(0, 10);
  return { ...parts, days: { firstDay: today, lastDay: tomorrow }, today, tomorrow };
}

type Row = Readonly<
  Record<"day" | "keyId" | "model" | "account", string> & { attempts: bigint; costMicros: bigint }
>;
const names = (page: { readonly rows: readonly Row[] } | undefined) =>
  (page?.rows ?? []).map(({ day, keyId, model, account, attempts, costMicros }) =>
    [day, keyId, model, account, attempts, costMicros].join(" "),
  );

test("adds up spend by what the caller asks for", async () => {
  const { rpc, days, today, tomorrow } = await spender();
  const all = await rpc.listSpend({ filter: days });
  expect(names(all.page)).toEqual([
    `${today} aaaa large openai 2 ${2n * COST}`,
    `${today} aaaa small azure 1 0`,
    `${today} bbbb large openai 1 ${COST}`,
    `${tomorrow} bbbb large openai 1 ${COST}`,
  ]);
  expect(all.page?.rows[1]).toMatchObject({
    ...{ inputTokens: 1_000n, cachedInputTokens: 600n, outputTokens: 50n, reasoningTokens: 20n },
    ...{ providerCalls: 1n, attempts: 1n, unpricedAttempts: 1n, otherLabels: false },
  });
  const by = async (...groupBy: SpendGrouping[]) =>
    names((await rpc.listSpend({ filter: { ...days, groupBy } })).page).map((row) => row.trim());
  expect(await by(SpendGrouping.KEY)).toEqual([`aaaa   3 ${2n * COST}`, `bbbb   2 ${2n * COST}`]);
  expect(await by(SpendGrouping.MODEL)).toEqual([`large  4 ${4n * COST}`, "small  1 0"]);
  const ofKey = await rpc.listSpend({ keyId: "bbbb", filter: days });
  expect(ofKey.page?.rows).toHaveLength(2);
  // Left out, both days are today.
  expect(names((await rpc.listSpend({})).page)).toEqual([
    `${tomorrow} bbbb large openai 1 ${COST}`,
  ]);
});

test("pages hold each row once", async () => {
  const { rpc, days } = await spender();
  for (const groupBy of [[], [SpendGrouping.KEY, SpendGrouping.MODEL]]) {
    const whole = names((await rpc.listSpend({ filter: { ...days, groupBy } })).page);
    const found: string[] = [];
    let pageToken = "";
    do {
      const { page } = await rpc.listSpend({
        filter: { ...days, groupBy, pageSize: 1, pageToken },
      });
      expect(page?.rows).toHaveLength(1);
      found.push(...names(page));
      pageToken = page?.nextPageToken ?? "";
    } while (pageToken !== "");
    expect(found).toEqual(whole);
  }
});

test("rows differ by labels, of which jobs have only those that the operator counts", async () => {
  const { rpc, days } = await spender();
  const { page } = await rpc.listSpend({ filter: { ...days, groupLabels: ["team"] } });
  expect(page?.rows.map(({ labels, attempts }) => [labels, attempts])).toEqual([[{}, 5n]]);
});

test.each([
  [{ firstDay: "2027-02-30" }, "filter.first_day"],
  [{ lastDay: "2027-13-01" }, "filter.last_day"],
  [{ firstDay: "2027-02-02", lastDay: "2027-02-01" }, "filter.first_day"],
  [{ firstDay: "2027-01-01", lastDay: "2027-04-04" }, "filter.first_day"],
  [{ pageToken: "x" }, "page_token"],
  [{ pageToken: '["a"]' }, "page_token"],
])("refuses %j", async (filter, field) => {
  const { rpc } = await setup();
  await expect(rpc.listSpend({ filter })).rejects.toMatchObject({
    ...{ reason: "MALFORMED", message: expect.stringContaining(field) },
  });
});
