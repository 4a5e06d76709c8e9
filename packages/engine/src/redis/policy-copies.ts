import type { QueueName } from "@millrace/shared";
import { registryKeys } from "./keys.ts";
import type { DefinedQueue } from "./shard-map.ts";
import type { Store } from "./store-connection.ts";
import { asStoreCall } from "./store-fault.ts";

export interface PolicyCopies {
  /**
   * Copies what the registry holds to every shard, or to those of one queue, that a change has not reached. With `ifChanged` it
   * only does so if the registry or the queues have changed since this process has copied everything: then it takes two reads,
   * whatever number of queues there is. A shard may lack a change nevertheless, if its own Redis was emptied or went back to an
   * older state. So callers call it without `ifChanged`, too, less often.
   */
  copy(options?: { readonly ifChanged?: boolean; readonly only?: QueueName }): Promise<void>;
}

/** `sync` copies one kind of what the registry holds. */
export function policyCopies(
  redis: Store,
  rootPrefix: string,
  queues: () => Promise<readonly DefinedQueue[]>,
  syncs: readonly ((only?: QueueName) => Promise<void>)[],
): PolicyCopies {
  const { keyBudgets, accounts, models, webhooks } = registryKeys(rootPrefix);
  /** The registry and the queues that were copied last. */
  let copied: string | undefined;
  const state = async () => {
    const [defined, ...versions] = await Promise.all([
      queues(),
      ...[keyBudgets, accounts, models, webhooks].map((key) => redis.hget(key, "*")),
    ]);
    const shards = defined.map(({ name, shards }) => `${name}:${shards}`);
    return [...versions, ...shards].join(" ");
  };
  return {
    async copy({ ifChanged = false, only } = {}) {
      const before =
        only === undefined
          ? await asStoreCall("reading the versions of budgets, accounts and models", state)
          : undefined;
      if (ifChanged && before === copied) return;
      await Promise.all(syncs.map((sync) => sync(only)));
      if (before !== undefined) copied = before;
    },
  };
}
