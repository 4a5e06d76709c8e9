import { INTERNAL_QUEUE_PREFIX, jsonText, type KeyId, type QueueName } from "@millrace/shared";
import type { LaneSettings } from "../lanes/contract.ts";
import { budgetsKey, registryKeys, type Shard, shardAt, shardIndex } from "../redis/keys.ts";
import { type FieldChanges, readFieldChanges } from "../redis/read_field_changes.ts";
import type { Store } from "../redis/store-connection.ts";
import { F } from "../redis/stored-names.ts";
import type { InternalLimits } from "./contract.ts";
import { type SetLimitsOutcome, setLimits } from "./set_limits.ts";
import { budgetText } from "./stored-budgets.ts";

/**
 * A shard's version is this much ahead of the registry's, for earlier versions of Millrace: they send a shard all budgets if
 * its version is lower.
 */
const VERSIONS_AHEAD = 2;
/** How many budgets one call copies: it occupies Redis for about a millisecond. */
const BUDGETS_AT_ONCE = 200;

export interface ShardOfKeys extends Shard {
  readonly queue: QueueName;
  readonly settings: LaneSettings;
}

export interface BudgetCopies {
  /** All shards of all queues. */
  shards(): Promise<readonly ShardOfKeys[]>;
  /**
   * Copies a change to every shard. `version` is the registry's after the change. "" means no limits. Returns the shards in which
   * the key has used something lately.
   */
  spread(keyId: KeyId, text: string, version: number): Promise<readonly Shard[]>;
  /** Copies the changes that they have missed to all shards, or to those of one queue. */
  copyTo(only?: QueueName): Promise<void>;
}

/**
 * Copies the budgets of keys from the registry to the shards, where leases need them. The registry counts its changes, and a
 * shard's version says up to which change it has all. A change is sent to each shard at once, which accepts it if it has the
 * change before. `copyTo` sends what a shard has missed: in the order of changes, in parts, and the shard has a valid version
 * after each of them. So it does not matter where a copier dies, or how many copy at once.
 */
export function budgetCopies(
  redis: Store,
  rootPrefix: string,
  queues: () => Promise<readonly LaneSettings[]>,
  internalLimits: InternalLimits,
): BudgetCopies {
  const shards = async () =>
    (await queues()).flatMap((settings) =>
      Array.from({ length: settings.shards }, (_, index) => ({
        ...shardAt(rootPrefix, settings.name, index),
        settings,
      })),
    );
  const catchUp = async (
    targets: readonly ShardOfKeys[],
    outcomes: readonly SetLimitsOutcome[],
  ) => {
    const registry = registryReader(redis, rootPrefix);
    for (const [at, shard] of targets.entries()) {
      const outcome = outcomes[at];
      if (outcome?.kind === "BEHIND") await bringUp(redis, shard, outcome.has, registry);
    }
  };
  /** Internal queues have the same limits for every key. */
  const setInternal = async (shard: ShardOfKeys, version: number) => {
    const limits = [F.budgets_default, jsonText(internalLimits)] as const;
    const bandWeights = weightsText(shard.settings);
    await setLimits.run(redis, shard.base, { from: 0, version, bandWeights, limits: [limits] });
    // A shard of this version may have the limits of a scheduler with other settings.
    await redis.hset(budgetsKey(shard), ...limits);
  };

  return {
    shards,
    async spread(keyId, text, registryVersion) {
      const targets = (await shards()).filter(({ settings }) => !isInternal(settings));
      const version = registryVersion + VERSIONS_AHEAD;
      const outcomes = await Promise.all(
        targets.map((shard) => {
          const limits = belongs(keyId, shard) ? [[keyId, text] as const] : [];
          return setLimits.run(redis, shard.base, {
            ...{ from: version - 1, version, bandWeights: "", limits },
          });
        }),
      );
      await catchUp(targets, outcomes);
      return targets.filter((shard, at) => {
        const outcome = outcomes[at];
        return belongs(keyId, shard) && (outcome?.kind !== "SET" || outcome.isUsed);
      });
    },
    async copyTo(only) {
      const all = (await shards()).filter(({ queue }) => only === undefined || queue === only);
      const version = (await registryReader(redis, rootPrefix).version()) + VERSIONS_AHEAD;
      const targets = all.filter(({ settings }) => !isInternal(settings));
      const asked = { from: version, version, bandWeights: "", limits: [] };
      const outcomes = await Promise.all(
        targets.map(({ base }) => setLimits.run(redis, base, asked)),
      );
      await catchUp(targets, outcomes);
      const internal = all.filter(({ settings }) => isInternal(settings));
      await Promise.all(internal.map((shard) => setInternal(shard, version)));
    },
  };
}

/** Sends a shard all changes after the version that it has. */
async function bringUp(redis: Store, shard: ShardOfKeys, has: number, registry: RegistryReader) {
  for (let from = has; ; ) {
    const page = await registry.changesAfter(Math.max(0, from - VERSIONS_AHEAD));
    const here = page.changes.filter(({ field }) => belongs(field, shard));
    const changed = here.map(({ field, value }) => [field, budgetText(value)] as const);
    // An earlier version may have removed budgets without a note.
    const mayBeGone = from === has && from - VERSIONS_AHEAD < page.unordered;
    const gone = mayBeGone ? await unknownKeys(redis, shard, registry) : [];
    const outcome = await setLimits.run(redis, shard.base, {
      ...{ from, version: page.reached + VERSIONS_AHEAD },
      bandWeights: from === 0 ? weightsText(shard.settings) : "",
      limits: [...gone, ...changed],
    });
    // If its Redis has lost something meanwhile, the shard begins anew.
    if (outcome.kind === "BEHIND") from = outcome.has;
    else if (page.reached >= page.version) return;
    else from = page.reached + VERSIONS_AHEAD;
  }
}

/** Keys with a budget in a shard that the registry does not have. */
async function unknownKeys(redis: Store, shard: ShardOfKeys, registry: RegistryReader) {
  const [held, known] = await Promise.all([redis.hkeys(budgetsKey(shard)), registry.keys()]);
  const others: ReadonlySet<string> = new Set([...known, F.budgets_version, F.budgets_default]);
  return held.filter((field) => !others.has(field)).map((field) => [field, ""] as const);
}

/** Reads changes of the registry. Shards that miss the same ones share a read. */
interface RegistryReader {
  version(): Promise<number>;
  keys(): Promise<readonly string[]>;
  changesAfter(version: number): Promise<FieldChanges>;
}

function registryReader(redis: Store, rootPrefix: string): RegistryReader {
  const key = registryKeys(rootPrefix).keyBudgets;
  const pages = new Map<number, Promise<FieldChanges>>();
  return {
    version: async () => (await readFieldChanges.run(redis, key, { after: 0, count: 0 })).version,
    keys: () => redis.hkeys(key),
    changesAfter(after) {
      const page =
        pages.get(after) ?? readFieldChanges.run(redis, key, { after, count: BUDGETS_AT_ONCE });
      pages.set(after, page);
      return page;
    },
  };
}

const belongs = (keyId: string, { index, settings }: ShardOfKeys): boolean =>
  shardIndex(keyId, settings.shards) === index;

/** The budgets of keys are for the queues of callers. */
export const isInternal = ({ name }: LaneSettings): boolean =>
  name.startsWith(INTERNAL_QUEUE_PREFIX);

const weightsText = ({ bandWeights: { interactive, standard, batch } }: LaneSettings): string =>
  `${interactive},${standard},${batch}`;
