import type { Clock, QueueName } from "@millrace/shared";
import { accountBase, governedKey, type Shard, shardAt } from "../redis/keys.ts";
import type { DefinedQueue } from "../redis/shard-map.ts";
import type { Store } from "../redis/store-connection.ts";
import { F } from "../redis/stored-names.ts";
import type { AccountRegistry, RegisteredAccount } from "./account-registry.ts";
import { applySlice } from "./apply_slice.ts";
import { closeAccount } from "./close_account.ts";
import { closeSlice } from "./close_slice.ts";
import type { AccountEvent } from "./contract.ts";
import { type AccountAnswer, exchangeAccount } from "./exchange_account.ts";
import { openAccount } from "./open_account.ts";
import { setGoverned } from "./set_governed.ts";

/** What a shard's slice lacked in a lease. */
export interface Want {
  readonly pool: string;
  readonly jobs: number;
  /** The tokens that the next job takes. */
  readonly leastTokens: number;
}

/** How often an exchange is repeated if its account was removed or created again meanwhile. */
const EXCHANGE_TRIES = 3;

export interface AccountShardsParts {
  readonly redis: Store;
  readonly rootPrefix: string;
  readonly clock: Clock;
  queues(): Promise<readonly DefinedQueue[]>;
  /** Called when an account may be able to grant more. */
  onChanged(): void;
  /** Receives the changes of accounts' states. */
  onEvent(event: AccountEvent): void;
}

export interface AccountChange {
  readonly pool: string;
  /** How often the registry was changed, including this change. */
  readonly version: number;
  readonly generation?: string;
}

/** Copies to shards which pools are accounts, and exchanges slices between accounts and shards. */
export interface AccountShards {
  /** Writes all pools that are accounts to every shard, or to those of one queue, that a change of the registry has not reached. */
  tellShards(only?: QueueName): Promise<void>;
  /** Writes a change of the registry to every shard. Without a generation the pool is no account any more. */
  tellChange(change: AccountChange): Promise<void>;
  /** Writes an account's limits to its slot. Limits of a later version of the registry stay as they are. */
  open(account: RegisteredAccount, version: number): Promise<unknown>;
  /** Opens an account of the registry. This repairs what a replica leaves if it dies after it changed the registry. */
  openAsRegistered(account: RegisteredAccount, version: number): Promise<void>;
  /** Gets a shard its next slice. Returns undefined if the pool is no account. */
  exchange(shard: Pick<Shard, "base">, want: Want): Promise<AccountAnswer | undefined>;
  /** Makes every shard that ever had a slice of an account give back what it holds. */
  takeBack(pool: string): Promise<void>;
  /** Applies an account's new limits everywhere, and ends the slices that were granted under the old ones. */
  spread(change: AccountChange): Promise<void>;
}

export function accountShards(
  { redis, rootPrefix, clock, queues, onChanged, onEvent }: AccountShardsParts,
  registry: AccountRegistry,
): AccountShards {
  const base = (name: string) => accountBase(rootPrefix, name);
  const shards = async (only?: QueueName) =>
    (await queues())
      .filter(({ name }) => only === undefined || name === only)
      .flatMap(({ name, shards: count }) =>
        Array.from({ length: count }, (_, index) => shardAt(rootPrefix, name, index)),
      );
  const tellAll = async (targets: readonly Pick<Shard, "base">[]) => {
    if (targets.length === 0) return;
    const { version, accounts } = await registry.readAll();
    const pools = accounts.map(({ account, generation }) => ({ pool: account.name, generation }));
    await Promise.all(
      targets.map(({ base }) => setGoverned.run(redis, base, { version, all: true, pools })),
    );
  };
  const tellBehind = async (targets: readonly Pick<Shard, "base">[]) => {
    const version = await registry.version();
    const has = await Promise.all(
      targets.map((shard) => redis.hget(governedKey(shard), F.governed_version)),
    );
    // A shard that was never written to has no version at all.
    await tellAll(targets.filter((_, at) => Number(has[at] ?? -1) < version));
  };
  const tellShards = async (only?: QueueName) => tellBehind(await shards(only));
  const tellChange = async ({ pool, version, generation = "" }: AccountChange) => {
    const targets = await shards();
    const change = { version, all: false, pools: [{ pool, generation }] };
    const outcomes = await Promise.all(
      targets.map(({ base }) => setGoverned.run(redis, base, change)),
    );
    await tellAll(targets.filter((_, at) => outcomes[at] === "BEHIND"));
  };
  const open = ({ account, generation }: RegisteredAccount, version: number) => {
    const { name, ...limits } = account;
    return openAccount.run(redis, base(name), { ...limits, generation, version });
  };
  const openAsRegistered = async (registered: RegisteredAccount, version: number) => {
    if ((await open(registered, version)) !== "MADE") return;
    // The account may have been removed meanwhile.
    const { name } = registered.account;
    const now = await registry.at(name);
    if (now.registered === undefined) {
      await closeAccount.run(redis, base(name), { version: now.version });
    }
  };

  const tryExchange = async (shard: Pick<Shard, "base">, { pool, jobs, leastTokens }: Want) => {
    const report = await closeSlice.run(redis, shard.base, { pool });
    if (report === undefined) return "free";
    const nowMs = clock.nowMs();
    const answer = await exchangeAccount.run(redis, base(pool), {
      ...report,
      nowMs,
      shard: shard.base,
      wantRequests: jobs,
      wantTokens: jobs * leastTokens,
      leastTokens,
    });
    if (answer === undefined) return "gone";
    if (answer.change !== undefined) onEvent({ account: pool, kind: answer.change, atMs: nowMs });
    const { generation } = report;
    await applySlice.run(redis, shard.base, { pool, generation, ...answer.grant });
    return answer;
  };
  const exchange = async (shard: Pick<Shard, "base">, want: Want) => {
    for (let tries = 0; tries < EXCHANGE_TRIES; tries += 1) {
      const answer = await tryExchange(shard, want);
      if (answer === "free") return undefined;
      if (answer !== "gone") return answer;
      // The shard does not know yet that the account was removed or created again.
      const { registered, version } = await registry.at(want.pool);
      if (registered !== undefined) await openAsRegistered(registered, version);
      await tellBehind([shard]);
    }
    return { why: "" } as const;
  };

  const takeBack = async (pool: string) => {
    const fields = await redis.hkeys(`${base(pool)}mr:account`);
    const bases = fields.flatMap((field) => (field.startsWith("v:") ? [field.slice(2)] : []));
    await Promise.all(bases.map((at) => exchange({ base: at }, { pool, jobs: 0, leastTokens: 0 })));
  };
  const spread = async (change: AccountChange) => {
    await tellChange(change);
    await takeBack(change.pool);
    onChanged();
  };
  return { tellShards, tellChange, open, openAsRegistered, exchange, takeBack, spread };
}
