import { endsFor, INTERNAL_QUEUE_PREFIX, type QueueName } from "@millrace/shared";
import { registryKeys, type Shard, shardAt, shardIndex, subscribersKey } from "../redis/keys.ts";
import type { DefinedQueue } from "../redis/shard-map.ts";
import type { Store } from "../redis/store-connection.ts";
import { F } from "../redis/stored-names.ts";
import { OPERATOR_KEY, type WebhookEndpoint } from "./contract.ts";
import { setSubscribers } from "./set_subscribers.ts";
import { parseWebhooks } from "./stored-webhooks.ts";

/** The field of the registry's hash that counts the changes of subscriptions. */
const VERSION = "*";
/** A shard's version is this much ahead of the registry's, because a new shard has version 0 and must still be sent all. */
const VERSIONS_AHEAD = 1;

/** What a key subscribes to, as jobs/lib/outbox.lua describes it; "" means nothing. */
export function subscriptionOf(endpoints: readonly WebhookEndpoint[]): string {
  const enabled = endpoints.filter((endpoint) => endpoint.enabled);
  const types = new Set(
    enabled.flatMap(({ eventTypes }) =>
      eventTypes.length === 0 ? ["*"] : eventTypes.flatMap(endsFor),
    ),
  );
  const result = enabled.some(({ includeResult }) => includeResult) ? ["+result"] : [];
  return [...[...types].sort(), ...result].join(" ");
}

/** Reads what all keys subscribe to, and the version of a shard that has it. */
export async function readSubscribers(redis: Store, rootPrefix: string) {
  const stored = await redis.hgetall(registryKeys(rootPrefix).webhooks);
  const { [VERSION]: version = "0", ...texts } = stored;
  const byKey = new Map(
    Object.entries(texts).flatMap(([keyId, text]) => {
      const types = subscriptionOf(parseWebhooks(text).endpoints);
      return types === "" ? [] : [[keyId, types] as const];
    }),
  );
  return { version: String(Number(version) + VERSIONS_AHEAD), byKey };
}

/** A shard, with the number of its queue's shards. */
interface TargetShard extends Shard {
  readonly of: number;
}

export interface Subscriptions {
  /** Copies a change of a key's subscription to the shards of the key. `version` is the registry's after the change. */
  copy(keyId: string, types: string, version: number): Promise<void>;
  /** Copies the registry's version to every shard, or to those of one queue, that a change has not reached. */
  sync(only?: QueueName): Promise<void>;
}

/**
 * Subscriptions follow from the endpoints in the registry, and are copied to every shard, where the scripts that end jobs
 * need them. That works as for budgets: budgets/key-budgets.ts describes it. Internal queues have none.
 */
export function subscriptions(
  redis: Store,
  rootPrefix: string,
  queues: () => Promise<readonly DefinedQueue[]>,
): Subscriptions {
  const shards = async (only?: QueueName): Promise<readonly TargetShard[]> =>
    (await queues())
      .filter(({ name }) => !name.startsWith(INTERNAL_QUEUE_PREFIX))
      .filter(({ name }) => only === undefined || name === only)
      .flatMap((queue) =>
        Array.from({ length: queue.shards }, (_, index) => ({
          ...shardAt(rootPrefix, queue.name, index),
          of: queue.shards,
        })),
      );
  const belongs = (keyId: string, index: number, of: number) =>
    keyId === OPERATOR_KEY || shardIndex(keyId, of) === index;

  const setAll = async (targets: readonly TargetShard[]) => {
    if (targets.length === 0) return;
    const { version, byKey } = await readSubscribers(redis, rootPrefix);
    for (const { base, index, of } of targets) {
      await setSubscribers.run(redis, base, {
        ...{ version: Number(version), all: true },
        subscribers: [...byKey].filter(([keyId]) => belongs(keyId, index, of)),
      });
    }
  };

  return {
    async copy(keyId, types, version) {
      for (const shard of await shards()) {
        const { base, index, of } = shard;
        const outcome = await setSubscribers.run(redis, base, {
          ...{ version: version + VERSIONS_AHEAD, all: false },
          subscribers: belongs(keyId, index, of) ? [[keyId, types]] : [],
        });
        if (outcome === "BEHIND") await setAll([shard]);
      }
    },
    async sync(only) {
      const targets = await shards(only);
      const stored = await redis.hget(registryKeys(rootPrefix).webhooks, VERSION);
      const version = Number(stored ?? 0) + VERSIONS_AHEAD;
      const has = await Promise.all(
        targets.map((shard) => redis.hget(subscribersKey(shard), F.subscribers_version)),
      );
      await setAll(targets.filter((_, at) => Number(has[at] ?? 0) < version));
    },
  };
}
