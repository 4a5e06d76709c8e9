import { type Clock, jsonText } from "@millrace/shared";
import type {
  ProviderAccount,
  ProviderAccountStatus,
  ProviderAccounts,
  QueueDefinition,
} from "./engine.ts";
import type { Clears } from "./explain.ts";
import { accountBase, registryKeys, type Shard, shardAt } from "./keys.ts";
import { applySlice } from "./scripts/apply_slice.ts";
import { closeSlice } from "./scripts/close_slice.ts";
import { type AccountAnswer, exchangeAccount } from "./scripts/exchange_account.ts";
import { readAccount } from "./scripts/read_account.ts";
import { changeField } from "./scripts/registry/change_field.ts";
import { reportProvider } from "./scripts/report_provider.ts";
import { setGoverned } from "./scripts/set_governed.ts";
import type { Store } from "./store-connection.ts";
import { asStoreFault } from "./store-fault.ts";

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

const VERSION = "*";

/**
 * Accounts at model providers. What an account may do stands in the registry; what is left of it in a
 * slot of its own, of which shards get slices (scripts/exchange_account.lua, scripts/lib/slices.lua).
 * An exchange is three calls. Whoever dies between two of them leaves a grant that the next exchange
 * of that shard, by any replica, brings to its end. `onChanged`: an account may have more to give.
 */
export function providerAccounts(
  redis: Store,
  rootPrefix: string,
  clock: Clock,
  queues: () => Promise<readonly QueueDefinition[]>,
  onChanged: () => void,
): ProviderAccountRegistry {
  const key = registryKeys(rootPrefix).accounts;
  const base = (name: string) => accountBase(rootPrefix, name);
  const stateKey = (name: string) => `${base(name)}mr:account`;
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
  const readAll = async () => {
    const { [VERSION]: version = "0", ...accounts } = await redis.hgetall(key);
    return { version: Number(version), accounts };
  };
  const status = async (account: ProviderAccount): Promise<ProviderAccountStatus> => ({
    account,
    ...(await readAccount.run(redis, base(account.name), { nowMs: clock.nowMs() })),
  });
  const tellShards = async () => {
    const { version, accounts } = await readAll();
    // A shard that was never told has no version at all.
    await Promise.all(
      (await shards()).map((shard) =>
        setGoverned.run(redis, shard.base, { version, pools: Object.keys(accounts) }),
      ),
    );
  };

  const exchange = async (shard: Pick<Shard, "base">, want: Want) => {
    const { pool, jobs, leastTokens } = want;
    const report = await closeSlice.run(redis, shard.base, { pool });
    if (report === undefined) return undefined;
    const answer = await exchangeAccount.run(redis, base(pool), {
      ...report,
      nowMs: clock.nowMs(),
      shard: shard.base,
      wantRequests: jobs,
      wantTokens: jobs * leastTokens,
      leastTokens,
    });
    await applySlice.run(redis, shard.base, { pool, ...answer.grant });
    return answer;
  };

  /** Every shard that ever got a slice of an account gives back what it holds. */
  const takeBack = async (pool: string) => {
    const fields = await redis.hkeys(stateKey(pool));
    const bases = fields.flatMap((field) => (field.startsWith("v:") ? [field.slice(2)] : []));
    await Promise.all(bases.map((at) => exchange({ base: at }, { pool, jobs: 0, leastTokens: 0 })));
  };

  const writeLimits = async (account: ProviderAccount) => {
    const { name, requestsPerMinute = "", tokensPerMinute = "", maxRunning = "" } = account;
    await redis.hset(stateKey(name), {
      lq: requestsPerMinute,
      lt: tokensPerMinute,
      lr: maxRunning,
    });
  };
  const put = async (account: ProviderAccount) => {
    await writeLimits(account);
    await changeField.run(redis, key, { field: account.name, value: jsonText(account) });
    await spread(account.name);
  };
  const spread = async (name: string) => {
    await tellShards();
    // What was granted under the limits before ends now.
    await takeBack(name);
    onChanged();
  };
  /** False: it is not `before` that is there. */
  const replace = async (before: ProviderAccount | undefined, account: ProviderAccount) => {
    const { name } = account;
    const held = before === undefined ? "" : jsonText(before);
    if (((await redis.hget(key, name)) ?? "") !== held) return false;
    // Limits first, as put does: whoever dies in between leaves none that are older than the registry's.
    await writeLimits(account);
    const change = { field: name, value: jsonText(account), before: held };
    const written = await changeField.run(redis, key, change);
    if (written === undefined) {
      const now = await redis.hget(key, name);
      if (now !== null) await writeLimits(JSON.parse(now) as ProviderAccount);
      return false;
    }
    await spread(name);
    return true;
  };

  return {
    put: (account) =>
      attempt(`setting provider account ${account.name}`, async () => {
        await put(account);
        return status(account);
      }),
    replace: (before, account) =>
      attempt(`replacing provider account ${account.name}`, async () =>
        (await replace(before, account)) ? status(account) : undefined,
      ),
    list: () =>
      attempt("listing provider accounts", async () => {
        const { accounts } = await readAll();
        const all = Object.values(accounts).map((text) => JSON.parse(text) as ProviderAccount);
        return Promise.all(all.sort((a, b) => (a.name < b.name ? -1 : 1)).map(status));
      }),
    get: (name) =>
      attempt(`reading provider account ${name}`, async () => {
        const text = await redis.hget(key, name);
        return text === null ? undefined : status(JSON.parse(text) as ProviderAccount);
      }),
    delete: (name) =>
      attempt(`removing provider account ${name}`, async () => {
        const removed = await changeField.run(redis, key, { field: name, value: "" });
        await tellShards();
        await redis.del(stateKey(name));
        return removed?.wasThere === true;
      }),
    reset: (name) =>
      attempt(`resetting provider account ${name}`, async () => {
        const text = await redis.hget(key, name);
        if (text === null) return undefined;
        await redis.hset(stateKey(name), { st: "", cu: "", pb: "", ep: 0, lim: "" });
        await takeBack(name);
        onChanged();
        return status(JSON.parse(text) as ProviderAccount);
      }),
    refused: (name, { coolMs, exhausted }) =>
      attempt(`noting a refusal of ${name}`, async () => {
        const nowMs = clock.nowMs();
        const pause = await reportProvider.run(redis, base(name), { nowMs, coolMs, exhausted });
        // A pool that nobody has defined as an account shares its pauses all the same.
        if ((await redis.hexists(key, name)) === 0) await put({ name });
        else await takeBack(name);
        return pause;
      }),
    exchange: (shard, want) =>
      attempt(`asking for a slice of ${want.pool}`, () => exchange(shard, want)),
    sync: () =>
      attempt("bringing provider accounts up to date", async () => {
        await tellShards();
        const { accounts } = await readAll();
        for (const name of Object.keys(accounts)) await takeBack(name);
      }),
  };
}
