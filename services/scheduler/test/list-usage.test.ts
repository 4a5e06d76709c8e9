import { UsageGrouping } from "@millrace/proto/admin-usage";
import type { QueueName } from "@millrace/shared";
import { expect, test } from "vitest";
import { setup } from "./admin-setup.ts";

const DAY_MS = 86_400_000;
const queue = "mail";
const usage = {
  ...{ inputTokens: 100, cachedInputTokens: 60, outputTokens: 10, reasoningTokens: 4 },
  ...{ providerCalls: 1, computeMs: 7 },
};

/** Runs a job of a key at a pool and model, on the present day. */
async function spender() {
  const parts = await setup();
  const { engine, submit, clock } = parts;
  await parts.rpc.putQueue({ queue: { name: queue } });
  const spend = async (key: string, pool: string, model: string) => {
    await submit({ queue, pool }, key);
    const request = { queue: queue as QueueName, count: 1, leaseMs: 30_000, workerId: "w" };
    const [held] = (await engine.lease(request)).leases;
    if (held === undefined) throw new Error("no job was next");
    await engine.settle([
      { ...held, kind: "complete", resultJson: "1", usage: { ...usage, model } },
    ]);
  };
  const today = new Date(clock.nowMs()).toISOString().slice(0, 10);
  await spend("aaaa", "openai", "large");
  await spend("aaaa", "openai", "large");
  await spend("aaaa", "openai", "small");
  await spend("bbbb", "azure", "large");
  clock.advance(DAY_MS);
  await spend("bbbb", "azure", "large");
  const tomorrow = new Date(clock.nowMs()).toISOString().slice(0, 10);
  return { ...parts, days: { firstDay: today, lastDay: tomorrow }, today, tomorrow };
}

const names = (
  rows: readonly { day: string; keyId: string; pool: string; model: string; attempts: bigint }[],
) => rows.map((row) => [row.day, row.keyId, row.pool, row.model, Number(row.attempts)].join(" "));

test("adds up usage by what the caller asks for", async () => {
  const { rpc, days, today, tomorrow } = await spender();
  const all = await rpc.listUsage(days);
  expect(names(all.rows)).toEqual([
    `${today} aaaa openai large 2`,
    `${today} aaaa openai small 1`,
    `${today} bbbb azure large 1`,
    `${tomorrow} bbbb azure large 1`,
  ]);
  expect(all.rows[0]).toMatchObject({
    jobs: 2n,
    usage: {
      ...{ inputTokens: 200n, cachedInputTokens: 120n, outputTokens: 20n, reasoningTokens: 8n },
      ...{ providerCalls: 2, computeMs: 14n },
    },
  });
  const by = async (...groupBy: UsageGrouping[]) =>
    names((await rpc.listUsage({ ...days, groupBy })).rows).map((row) => row.trim());
  expect(await by(UsageGrouping.KEY)).toEqual(["aaaa   3", "bbbb   2"]);
  expect(await by(UsageGrouping.MODEL)).toEqual(["large 4", "small 1"]);
  expect(await by(UsageGrouping.POOL, UsageGrouping.DAY)).toEqual([
    ...[`${today}  azure  1`, `${today}  openai  3`, `${tomorrow}  azure  1`],
  ]);
  expect(names((await rpc.listUsage({ ...days, keyId: "bbbb" })).rows)).toHaveLength(2);
  // Left out, both days are today.
  expect(names((await rpc.listUsage({})).rows)).toEqual([`${tomorrow} bbbb azure large 1`]);
});

test.each([[[]], [[UsageGrouping.KEY, UsageGrouping.MODEL]]])(
  "pages hold each row once, grouped by %j",
  async (groupBy) => {
    const { rpc, days } = await spender();
    const whole = names((await rpc.listUsage({ ...days, groupBy })).rows);
    const found: string[] = [];
    let pageToken = "";
    do {
      const page = await rpc.listUsage({ ...days, groupBy, pageSize: 1, pageToken });
      expect(page.rows).toHaveLength(1);
      found.push(...names(page.rows));
      pageToken = page.nextPageToken;
    } while (pageToken !== "");
    expect(found).toEqual(whole);
  },
);

test.each([
  [{ firstDay: "2027-02-30" }, "first_day"],
  [{ lastDay: "2027-13-01" }, "last_day"],
  [{ firstDay: "2027-02-02", lastDay: "2027-02-01" }, "first_day"],
  [{ firstDay: "2027-01-01", lastDay: "2027-04-04" }, "first_day"],
  [{ pageToken: "x" }, "page_token"],
  [{ pageToken: '["a"]' }, "page_token"],
])("refuses %j", async (request, field) => {
  const { rpc } = await setup();
  await expect(rpc.listUsage(request)).rejects.toMatchObject({
    ...{ reason: "MALFORMED", message: expect.stringContaining(field) },
  });
});
