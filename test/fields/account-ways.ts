/**
 * Proves provider accounts and their status: as operators define them, and as they see them while a provider
 * refuses and fails.
 */
import { create, fromJson, type JsonObject } from "@bufbuild/protobuf";
import { durationFromMs } from "@bufbuild/protobuf/wkt";
import {
  ListProviderAccountsResponseSchema,
  ProviderAccountSchema,
  ProviderAccountStatusSchema,
  ProviderState,
  PutProviderAccountRequestSchema,
  PutProviderAccountResponseSchema,
  ResetProviderAccountResponseSchema,
} from "@millrace/proto/admin-service";
import { systemClock as clock } from "@millrace/shared";
import { expect } from "vitest";
import { type Outcome, RawWorker } from "../faults/raw-worker.ts";
import { about, anyText, lately } from "./expected-job.ts";
import { filled } from "./fill.ts";
import { type Expected, Wanted } from "./ledger.ts";
import { filledSpec, type SpecChoice } from "./specs.ts";
import type { World } from "./world.ts";

const RETRY_AFTER_MS = 1_000_000;
const someTime = new Wanted("a time", (value) => value !== undefined);
const count = (unit: string, fits: (value: number) => boolean) =>
  new Wanted(unit, (value) => fits(Number(value)));
/**
 * Reservations are given back to an account a moment later, so the values are not exact. The ranges do not
 * overlap, which tells these fields apart.
 */
const inUse = {
  running: count("2 to 5 jobs", (value) => value >= 2 && value <= 5),
  tokensUsed: count("tens of tokens", (value) => value >= 20 && value % 10 === 0),
  requestsUsed: count("requests", (value) => value === 5),
  runningLimit: count("a limit", (value) => value > 0),
};

/** Takes an account through a refusal for load, a reset, one failure, and failures until it counts as down. */
export async function proveAccounts(world: World, choice: SpecChoice): Promise<void> {
  const { ledger, admin } = world;
  const { account: wanted } = filled(PutProviderAccountRequestSchema, {
    set: { "account.tokens_per_minute": 10_000_000n, "account.requests_per_minute": 7_654 },
  });
  if (wanted === undefined) throw new Error("a filled request has an account");
  const account = wanted as never as Expected;
  const put = await admin.putProviderAccount({ account: wanted, etag: "none" });
  const closed = { account, state: ProviderState.CLOSED, etag: anyText };
  expect(put.account).toMatchObject({ state: ProviderState.CLOSED });
  const again = admin.putProviderAccount({ account: wanted, etag: "none" });
  await expect(again).rejects.toMatchObject({ reason: "CHANGED_MEANWHILE" });
  ledger.prove("PutProviderAccount request", "account", "etag");

  const worker = new RawWorker(world.workers);
  await worker.hello(choice.queue, { pools: [wanted.name], credit: 6 });
  const lease = async () => {
    const spec = filledSpec({ ...choice, pool: wanted.name, skip: ["run_at", "deduplication"] });
    await world.jobs.submitJob({ job: { ...spec, estimatedTokens: 10 } });
    return (await worker.take()).lease;
  };
  const [refused] = [await lease(), await lease(), await lease()];
  await worker.settle(refused, outcomeOf(wanted.name, 429));
  const said = (httpStatus: number) => ({
    lastRefusal: { time: lately, httpStatus, message: "the test asks for this failure" },
  });
  const cooling = {
    ...said(429),
    ...{ ...closed, ...inUse, requestsUsed: 3n, state: ProviderState.COOLING_DOWN },
    ...{ coolUntil: about(clock.nowMs() + RETRY_AFTER_MS), pausedSince: lately },
  };
  await seeEverywhere(world, wanted.name, cooling);
  const reset = await admin.resetProviderAccount({ name: wanted.name });
  ledger.compare("ResetProviderAccount response", ResetProviderAccountResponseSchema, reset, {
    account: { ...closed, ...inUse, ...said(429), requestsUsed: 3n },
  });
  ledger.prove("ResetProviderAccount request", "name");

  // The refused job waits again, and is leased before the others.
  const [first, second] = [await worker.take(), await lease()];
  await worker.settle(first.lease, outcomeOf(wanted.name, 500));
  await seeEverywhere(world, wanted.name, { ...closed, ...inUse, ...said(500), failures: 1 });
  await worker.settle(second, outcomeOf(wanted.name, 500));
  await seeEverywhere(world, wanted.name, {
    ...{ ...closed, ...inUse, state: ProviderState.COOLING_DOWN, providerDown: true },
    ...{ ...said(500), coolUntil: someTime, pausedSince: lately },
  });
  worker.cut();

  const flagged = filled(ProviderAccountSchema);
  const [line] = await Array.fromAsync(
    world.cliLines(
      ...["providers", "put", flagged.name, "--max-running", String(flagged.maxRunning)],
      ...["--requests-per-minute", String(flagged.requestsPerMinute)],
      ...["--tokens-per-minute", String(flagged.tokensPerMinute)],
    ),
  );
  const made = fromJson(ProviderAccountStatusSchema, line as JsonObject);
  ledger.compare("millrace providers put", ProviderAccountSchema, made.account, flagged as never);
  await admin.deleteProviderAccount({ name: flagged.name });
  const { accounts } = await admin.listProviderAccounts({});
  expect(accounts.map((one) => one.account?.name)).not.toContain(flagged.name);
  ledger.prove("DeleteProviderAccount request", "name");
}

const outcomeOf = (account: string, httpStatus: number): Outcome => ({
  case: "failed",
  value: {
    failure: {
      reason: "PROVIDER_ERROR",
      message: "the test asks for this failure",
      retryable: true,
    },
    retryAfter: durationFromMs(RETRY_AFTER_MS),
    provider: { account, httpStatus },
  },
});

async function seeEverywhere(world: World, name: string, expected: Expected): Promise<void> {
  const { ledger, admin } = world;
  const { accounts } = await admin.listProviderAccounts({});
  const own = accounts.filter(({ account }) => account?.name === name);
  const listed = create(ListProviderAccountsResponseSchema, { accounts: own });
  ledger.compare("ListProviderAccounts response", ListProviderAccountsResponseSchema, listed, {
    accounts: [expected],
  });
  const [account] = own.map((one) => one.account);
  const put = await admin.putProviderAccount(account === undefined ? {} : { account });
  ledger.compare("PutProviderAccount response", PutProviderAccountResponseSchema, put, {
    account: expected,
  });
  for await (const line of world.cliLines("providers", "list")) {
    const one = fromJson(ProviderAccountStatusSchema, line as JsonObject);
    if (one.account?.name !== name) continue;
    ledger.compare("millrace providers list", ProviderAccountStatusSchema, one, expected);
  }
}
