import type { Clock, Random } from "@millrace/shared";
import type { Clears } from "../explain/explain.ts";
import { accountBase, type Shard, shardAt } from "../redis/keys.ts";
import type { DefinedQueue } from "../redis/shard-map.ts";
import type { Store } from "../redis/store-connection.ts";
import { asStoreFault } from "../redis/store-fault.ts";
import { accountRegistry, type RegisteredAccount } from "./account-registry.ts";
import { applySlice } from "./apply_slice.ts";
import { closeAccount } from "./close_account.ts";
import { closeSlice } from "./close_slice.ts";
import type {
  ProviderAccount,
  ProviderAccountStatus,
  ProviderAccounts,
  ProviderReport,
  ProviderVerdict,
} from "./contract.ts";
import { type AccountAnswer, exchangeAccount } from "./exchange_account.ts";
import { openAccount } from "./open_account.ts";
import { readAccount } from "./read_account.ts";
import { reportProvider } from "./report_provider.ts";
import { resetAccount } from "./reset_account.ts";
import { setGoverned } from "./set_governed.ts";

/** What a shard had too little of in a lease. */
export interface Want {
  readonly pool: string;
  readonly jobs: number;
  /** What the next job takes. */
  readonly leastTokens: number;
}

export interface ProviderAccountRegistry extends ProviderAccounts {
  get(name: string): Promise<(ProviderAccountStatus & Clears) | undefined>;
  /** Gets a shard its next slice. Undefined: the pool is no account. */
  exchange(shard: Pick<Shard, "base">, want: Want): Promise<AccountAnswer | undefined>;
  /** Tells every shard which pools are accounts, and takes back what idle shards hold. */
  sync(): Promise<void>;
}

/** How often an exchange is tried again that met an account as it was removed, or made again. */
const EXCHANGE_TRIES = 3;

export interface ProviderAccountsParts {
  readonly redis: Store;
  readonly rootPrefix: string;
  readonly clock: Clock;
  readonly random: Random;
  queues(): Promise<readonly DefinedQueue[]>;
  /** So many failures in a row, of two jobs or more, open an account's circuit. */
  readonly mostFailures: number;
  /** An account may have more to give. */
  onChanged(): void;
}

/**
 * Accounts at model providers. What an account may do stands in the registry; what is left of it in a
 * slot of its own, of which shards get slices (accounts/exchange_account.lua, accounts/lib/slices.lua).
 * An exchange is three calls. Whoever dies between two of them leaves a grant that the next exchange
 * of that shard, by any replica, brings to its end.
 *
 * An account that is removed and made again has another generation. Shards hear of that later than the
 * registry: until then they use what they were granted, and get no more. What an attempt was charged is
 * settled with the generation that it was charged to, or not at all.
 */
export function providerAccounts(parts: ProviderAccountsParts): ProviderAccountRegistry {
  const { redis, rootPrefix, clock, queues, mostFailures, onChanged } = parts;
  const registry = accountRegistry(redis, rootPrefix, parts.random);
  const base = (name: string) => accountBase(rootPrefix, name);
  const attempt = async <T>(doing: string, work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw asStoreFault(error, doing);
    }
  };
  const shards = async () =>
    (await queues()).flatMap(({ name, shards: count }) =>
      Array.from({ length: count }, (_, index) => shardAt(rootPrefix, name, index)),
    );
  const status = async (account: ProviderAccount): Promise<ProviderAccountStatus & Clears> => ({
    account,
    ...(await readAccount.run(redis, base(account.name), { nowMs: clock.nowMs() })),
  });
  const tellShards = async (only?: Pick<Shard, "base">) => {
    const { version, accounts } = await registry.readAll();
    const pools = accounts.map(({ account, generation }) => ({ pool: account.name, generation }));
    // A shard that was never told has no version at all.
    const told = only === undefined ? await shards() : [only];
    await Promise.all(told.map((shard) => setGoverned.run(redis, shard.base, { version, pools })));
  };
  /** Limits of a later version of the registry are left as they are. */
  const open = ({ account, generation }: RegisteredAccount, version: number) => {
    const { name, ...limits } = account;
    return openAccount.run(redis, base(name), { ...limits, generation, version });
  };
  /** Whoever died between a change of the registry and what follows from it leaves this to be done. */
  const openAsRegistered = async () => {
    const { version, accounts } = await registry.readAll();
    for (const one of accounts) {
      if ((await open(one, version)) !== "MADE") continue;
      // It may have been removed while this was on its way.
      const now = await registry.readAll();
      const there = now.accounts.some(({ account }) => account.name === one.account.name);
      if (!there) await closeAccount.run(redis, base(one.account.name), { version: now.version });
    }
    return accounts;
  };

  const tryExchange = async (shard: Pick<Shard, "base">, { pool, jobs, leastTokens }: Want) => {
    const report = await closeSlice.run(redis, shard.base, { pool });
    if (report === undefined) return "free";
    const answer = await exchangeAccount.run(redis, base(pool), {
      ...report,
      nowMs: clock.nowMs(),
      shard: shard.base,
      wantRequests: jobs,
      wantTokens: jobs * leastTokens,
      leastTokens,
    });
    if (answer === undefined) return "gone";
    const { generation } = report;
    await applySlice.run(redis, shard.base, { pool, generation, ...answer.grant });
    return answer;
  };
  const exchange = async (shard: Pick<Shard, "base">, want: Want) => {
    for (let tries = 0; tries < EXCHANGE_TRIES; tries += 1) {
      const answer = await tryExchange(shard, want);
      if (answer === "free") return undefined;
      if (answer !== "gone") return answer;
      // The shard has not heard yet that the account was removed, or made again.
      await openAsRegistered();
      await tellShards(shard);
    }
    return { why: "" } as const;
  };

  /** Every shard that ever got a slice of an account gives back what it holds. */
  const takeBack = async (pool: string) => {
    const fields = await redis.hkeys(`${base(pool)}mr:account`);
    const bases = fields.flatMap((field) => (field.startsWith("v:") ? [field.slice(2)] : []));
    await Promise.all(bases.map((at) => exchange({ base: at }, { pool, jobs: 0, leastTokens: 0 })));
  };
  const spread = async (name: string) => {
    await tellShards();
    // What was granted under the limits before ends now.
    await takeBack(name);
    onChanged();
  };
  const put = async (account: ProviderAccount) => {
    const written = await registry.put(account);
    await open(written, written.version);
    await spread(account.name);
  };

  const note = async (name: string, report: ProviderReport): Promise<ProviderVerdict> => {
    const send = async (sure: boolean) => {
      const request = { ...report, nowMs: clock.nowMs(), mostFailures, sure };
      return reportProvider.run(redis, base(name), request);
    };
    let outcome = await send(false);
    // A pool that nobody has defined as an account shares its pauses all the same.
    while (outcome === undefined) {
      if (report.kind === "answered") return { kind: "COUNTED", begun: false };
      await put((await registry.read(name))?.account ?? { name });
      outcome = await send(false);
    }
    if (outcome.verdict === "SUSPECT") {
      // Successes come with what shards give back.
      await takeBack(name);
      outcome = (await send(true)) ?? outcome;
    }
    if (outcome.begun) await takeBack(name);
    const { verdict, ...rest } = outcome;
    return { ...rest, kind: verdict === "SUSPECT" ? "COUNTED" : verdict };
  };

  return {
    put: (account) =>
      attempt(`setting provider account ${account.name}`, async () => {
        await put(account);
        return status(account);
      }),
    replace: (before, account) =>
      attempt(`replacing provider account ${account.name}`, async () => {
        const written = await registry.replace(before, account);
        if (written === undefined) return undefined;
        await open(written, written.version);
        await spread(account.name);
        return status(account);
      }),
    list: () =>
      attempt("listing provider accounts", async () => {
        const { accounts } = await registry.readAll();
        return Promise.all(accounts.map(({ account }) => status(account)));
      }),
    get: (name) =>
      attempt(`reading provider account ${name}`, async () => {
        const held = await registry.read(name);
        return held && status(held.account);
      }),
    delete: (name) =>
      attempt(`removing provider account ${name}`, async () => {
        const { version, wasThere } = await registry.remove(name);
        await tellShards();
        await closeAccount.run(redis, base(name), { version });
        onChanged();
        return wasThere;
      }),
    reset: (name) =>
      attempt(`resetting provider account ${name}`, async () => {
        const held = await registry.read(name);
        if (held === undefined) return undefined;
        await resetAccount.run(redis, base(name), undefined);
        await takeBack(name);
        onChanged();
        return status(held.account);
      }),
    report: (name, report) =>
      attempt(`noting what provider account ${name} answered`, () => note(name, report)),
    exchange: (shard, want) =>
      attempt(`asking for a slice of ${want.pool}`, () => exchange(shard, want)),
    sync: () =>
      attempt("bringing provider accounts up to date", async () => {
        await tellShards();
        for (const { account } of await openAsRegistered()) await takeBack(account.name);
      }),
  };
}
