import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampMs } from "@bufbuild/protobuf/wkt";
import { type ProviderAccountSchema, ProviderState } from "@millrace/proto/admin-service";
import type { QueueName } from "@millrace/shared";
import { expect, test } from "vitest";
import { setup } from "./admin-setup.ts";

type Account = MessageInitShape<typeof ProviderAccountSchema>;

const name = "openai/gpt-5";
const whole: Account = { name, requestsPerMinute: 60, tokensPerMinute: 90_000n, maxRunning: 8 };

test("returns an account as it was last put, without limits for what is left out", async () => {
  const { rpc } = await setup();
  const put = await rpc.putProviderAccount({ account: whole });
  expect(put.account).toMatchObject({ account: whole, state: ProviderState.CLOSED, running: 0 });
  expect(await rpc.putProviderAccount({ account: whole })).toEqual(put);
  const { account } = (await rpc.putProviderAccount({ account: { name, maxRunning: 1 } }))
    .account as { account?: Account };
  expect(account).toMatchObject({ name, maxRunning: 1 });
  expect(account?.tokensPerMinute).toBeUndefined();
});

test("lists accounts by name, with their state", async () => {
  const { rpc, engine, clock, submit } = await setup();
  await rpc.putQueue({ queue: { name: "mail" } });
  await rpc.putProviderAccount({ account: whole });
  await rpc.putProviderAccount({ account: { name: "anthropic/claude" } });
  await submit({ queue: "mail", pool: name, estimatedTokens: 500 });
  await engine.lease({ queue: "mail" as QueueName, count: 1, leaseMs: 1_000, workerId: "w" });
  await engine.providerAccounts.report("anthropic/claude", { kind: "refused", askedMs: 7_000 });
  const { accounts } = await rpc.listProviderAccounts({});
  expect(accounts).toMatchObject([
    { account: { name: "anthropic/claude" }, state: ProviderState.COOLING_DOWN },
    { account: whole, state: ProviderState.CLOSED, running: 1, runningLimit: 8 },
  ]);
  expect(accounts[1]).toMatchObject({ requestsUsed: 1n, tokensUsed: 500n });
  expect(timestampMs(accounts[0]?.coolUntil as never)).toBe(clock.nowMs() + 7_000);
});

test("ends a cool-down with a reset, and treats a used-up quota as refilled", async () => {
  const { rpc, engine } = await setup();
  await rpc.putProviderAccount({ account: whole });
  const refused = (exhausted: boolean) =>
    engine.providerAccounts.report(name, {
      kind: exhausted ? "exhausted" : "refused",
      askedMs: 7_000,
    });
  for (const [exhausted, state] of [
    [false, ProviderState.COOLING_DOWN],
    [true, ProviderState.EXHAUSTED],
  ] as const) {
    await refused(exhausted);
    expect((await rpc.listProviderAccounts({})).accounts).toMatchObject([{ state }]);
    const reset = await rpc.resetProviderAccount({ name });
    expect(reset.account).toMatchObject({ account: whole, state: ProviderState.CLOSED });
  }
});

test("applies no limit of an account that was deleted", async () => {
  const { rpc, engine, submit } = await setup();
  await rpc.putQueue({ queue: { name: "mail" } });
  await rpc.putProviderAccount({ account: { name, maxRunning: 1 } });
  await Promise.all([1, 2, 3].map(() => submit({ queue: "mail", pool: name })));
  const leaseAll = async () => {
    const request = { count: 9, leaseMs: 1_000, workerId: "w" };
    return (await engine.lease({ queue: "mail" as QueueName, ...request })).leases.length;
  };
  expect(await leaseAll()).toBe(1);
  await rpc.deleteProviderAccount({ name });
  expect(await leaseAll()).toBe(2);
  expect((await rpc.listProviderAccounts({})).accounts).toEqual([]);
});

test("names an account that does not exist", async () => {
  const { rpc } = await setup();
  for (const call of [rpc.deleteProviderAccount, rpc.resetProviderAccount]) {
    await expect(call({ name })).rejects.toMatchObject({
      reason: "ACCOUNT_NOT_FOUND",
      message: expect.stringContaining(name),
    });
  }
});

const limits: [string, Account, Account][] = [
  ["requests_per_minute", { requestsPerMinute: 1 }, { requestsPerMinute: 0 }],
  ["requests_per_minute", { requestsPerMinute: 1e8 }, { requestsPerMinute: 1e8 + 1 }],
  ["tokens_per_minute", { tokensPerMinute: 1n }, { tokensPerMinute: 0n }],
  [
    "tokens_per_minute",
    { tokensPerMinute: 1_000_000_000_000n },
    { tokensPerMinute: 1_000_000_000_001n },
  ],
  ["max_running", { maxRunning: 1 }, { maxRunning: 0 }],
  ["max_running", { maxRunning: 1e6 }, { maxRunning: 1e6 + 1 }],
  ["name", { name: "a".repeat(63) }, { name: "a".repeat(64) }],
  ["name", { name: "a" }, { name: "" }],
  ["name", { name: "a" }, { name: "OpenAI" }],
];

test.each(limits)("lets %s be %o, and refuses %o", async (field, right, wrong) => {
  const { rpc } = await setup();
  const put = (account: Account) => rpc.putProviderAccount({ account: { name, ...account } });
  expect((await put(right)).account?.account).toMatchObject(right);
  await expect(put(wrong)).rejects.toMatchObject({
    reason: "MALFORMED",
    violations: [expect.objectContaining({ field: `account.${field}` })],
  });
  expect((await rpc.listProviderAccounts({})).accounts).toHaveLength(1);
});
