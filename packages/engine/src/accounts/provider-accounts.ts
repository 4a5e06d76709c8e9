import type { QueueName, Random } from "@millrace/shared";
import { accountBase } from "../redis/keys.ts";
import { asStoreCall } from "../redis/store-fault.ts";
import { type AccountRegistry, accountRegistry, type WrittenAccount } from "./account-registry.ts";
import { type AccountShards, type AccountShardsParts, accountShards } from "./account-shards.ts";
import { closeAccount } from "./close_account.ts";
import type {
  AccountEvent,
  ProviderAccount,
  ProviderAccountStatus,
  ProviderAccounts,
  ProviderReport,
  ProviderVerdict,
} from "./contract.ts";
import { readAccount } from "./read_account.ts";
import { type ReportProviderOutcome, reportProvider } from "./report_provider.ts";
import { resetAccount } from "./reset_account.ts";

/** How many circuits one call lists: each is a call of Redis. */
const CIRCUITS_AT_ONCE = 100;
/** How many circuits of webhook endpoints one `sync` brings up to date: each takes several calls of Redis. */
const CIRCUITS_SYNCED = 25;

/** When the used-up limits of an account have room again. */
export interface Clears {
  readonly requestsClearMs?: number;
  readonly tokensClearMs?: number;
}

export interface ProviderAccountRegistry extends ProviderAccounts {
  get(name: string): Promise<(ProviderAccountStatus & Clears) | undefined>;
  readonly exchange: AccountShards["exchange"];
  /** Writes to every shard, or to those of one queue, which pools are accounts, if a change has not reached it. */
  sync(only?: QueueName): Promise<void>;
  /**
   * Completes changes of accounts, and takes back the slices of idle shards. Of the circuits of webhook endpoints it does a
   * part, and the next calls do the others: there may be thousands, and what is wrong of one is repaired when it is used.
   */
  tend(): Promise<void>;
}

export interface ProviderAccountsParts extends AccountShardsParts {
  readonly random: Random;
  /** This many failures in a row, from at least two jobs, open an account's circuit. */
  readonly mostFailures: number;
}

/**
 * The accounts at model providers. Their limits are in the registry. What is left of each account is in a slot of its own,
 * from which shards get slices (accounts/exchange_account.lua, accounts/lib/slices.lua). An exchange takes three calls.
 * If a replica dies between two of them, the next exchange of that shard, by any replica, completes the grant.
 *
 * An account that is removed and created again has another generation. Shards learn of that later than the registry.
 * Until then they use what they were granted, and get no more. A reservation is settled with the generation that it was
 * charged to, or not at all.
 */
export function providerAccounts(parts: ProviderAccountsParts): ProviderAccountRegistry {
  const { redis, rootPrefix, clock, mostFailures, onChanged, onEvent } = parts;
  const registry = accountRegistry(redis, rootPrefix, parts.random);
  const shards = accountShards(parts, registry);
  const base = (name: string) => accountBase(rootPrefix, name);
  const status = async (account: ProviderAccount): Promise<ProviderAccountStatus & Clears> => ({
    account,
    ...(await readAccount.run(redis, base(account.name), { nowMs: clock.nowMs() })),
  });
  const apply = async (written: WrittenAccount) => {
    await shards.open(written, written.version);
    const { version, generation } = written;
    await shards.spread({ pool: written.account.name, version, generation });
  };
  const put = async (account: ProviderAccount) => apply(await registry.put(account));

  const note = async (name: string, report: ProviderReport): Promise<ProviderVerdict> => {
    const send = async (sure: boolean) => {
      const nowMs = clock.nowMs();
      const request = { ...report, nowMs, mostFailures, sure };
      const sent = await reportProvider.run(redis, base(name), request);
      for (const event of sent === undefined ? [] : eventsOf(name, nowMs, report, sent))
        onEvent(event);
      return sent;
    };
    let outcome = await send(false);
    // A pool without an account gets one here, so that its cool-downs are shared by all shards.
    while (outcome === undefined) {
      if (report.kind === "answered") return { kind: "COUNTED", begun: false };
      await put((await registry.read(name))?.account ?? { name });
      outcome = await send(false);
    }
    if (outcome.verdict === "SUSPECT") {
      // Shards report their successes when they give back their slices.
      await shards.takeBack(name);
      outcome = (await send(true)) ?? outcome;
    }
    if (outcome.begun) await shards.takeBack(name);
    const { verdict, ...rest } = outcome;
    return { ...rest, kind: verdict === "SUSPECT" ? "COUNTED" : verdict };
  };

  return {
    put: (account) =>
      asStoreCall(`setting provider account ${account.name}`, async () => {
        await put(account);
        return status(account);
      }),
    replace: (before, account) =>
      asStoreCall(`replacing provider account ${account.name}`, async () => {
        const written = await registry.replace(before, account);
        if (written === undefined) return undefined;
        await apply(written);
        return status(account);
      }),
    ...accountReads(registry, shards, status),
    delete: (name) =>
      asStoreCall(`removing provider account ${name}`, async () => {
        const { version, wasThere } = await registry.remove(name);
        await shards.tellChange({ pool: name, version });
        await closeAccount.run(redis, base(name), { version });
        onChanged();
        return wasThere;
      }),
    reset: (name) =>
      asStoreCall(`resetting provider account ${name}`, async () => {
        const held = await registry.read(name);
        if (held === undefined) return undefined;
        await resetAccount.run(redis, base(name), undefined);
        onEvent({ account: name, kind: "Reset", atMs: clock.nowMs() });
        await shards.takeBack(name);
        onChanged();
        return status(held.account);
      }),
    report: (name, report) =>
      asStoreCall(`recording a report on provider account ${name}`, () => note(name, report)),
    exchange: (shard, want) =>
      asStoreCall(`asking provider account ${want.pool} for a slice`, () =>
        shards.exchange(shard, want),
      ),
    sync: (only) =>
      asStoreCall("copying provider accounts to the shards", () => shards.tellShards(only)),
    tend: accountTender(registry, shards),
  };
}

function accountTender(registry: AccountRegistry, shards: AccountShards): () => Promise<void> {
  /** Where the next call goes on with circuits. */
  let cursor = "0";
  return () =>
    asStoreCall("completing changes of provider accounts", async () => {
      const { version, accounts } = await registry.declared();
      const page = await registry.circuits(cursor, CIRCUITS_SYNCED);
      cursor = page.cursor;
      for (const registered of [...accounts, ...page.accounts]) {
        await shards.openAsRegistered(registered, version);
        await shards.takeBack(registered.account.name);
      }
    });
}

/** The calls that read accounts. */
function accountReads(
  registry: AccountRegistry,
  shards: Pick<AccountShards, "takeBack">,
  status: (account: ProviderAccount) => Promise<ProviderAccountStatus & Clears>,
): Pick<ProviderAccountRegistry, "list" | "circuits" | "get"> {
  return {
    list: () =>
      asStoreCall("listing provider accounts", async () => {
        const { accounts } = await registry.declared();
        return Promise.all(accounts.map(({ account }) => status(account)));
      }),
    circuits: (from) =>
      asStoreCall("listing circuits of webhook endpoints", async () => {
        const { cursor, accounts } = await registry.circuits(from, CIRCUITS_AT_ONCE);
        const circuits = await Promise.all(accounts.map(({ account }) => status(account)));
        return { cursor, circuits };
      }),
    get: (name) =>
      asStoreCall(`reading provider account ${name}`, async () => {
        const held = await registry.read(name);
        if (held === undefined) return undefined;
        const first = await status(held.account);
        if (first.state !== "HALF_OPEN") return first;
        // The shard of the probe may know that it has succeeded.
        await shards.takeBack(name);
        return status(held.account);
      }),
  };
}

/** The changes of an account's state that a report has made. */
function* eventsOf(
  account: string,
  atMs: number,
  { kind: reason, said }: ProviderReport,
  { verdict, begun, coolUntilMs, halvedTo, closed }: ReportProviderOutcome,
): Generator<AccountEvent> {
  const event = { account, atMs, ...(said === undefined ? {} : { said }) };
  if (closed) yield { account, atMs, kind: "Closed" };
  if (begun && verdict === "EXHAUSTED") yield { ...event, kind: "Exhausted" };
  if (begun && coolUntilMs !== undefined) {
    yield { ...event, kind: "CoolingDown", reason, probe: verdict === "PROBE", coolUntilMs };
  }
  if (halvedTo !== undefined) yield { ...event, kind: "LimitHalved", runningLimit: halvedTo };
}
