import type { QueueName } from "@millrace/shared";
import { shardAt } from "../redis/keys.ts";
import type { EngineParts } from "../redis/parts.ts";
import type { DefinedQueue } from "../redis/shard-map.ts";
import { asStoreFault } from "../redis/store-fault.ts";
import type { SignalHub } from "../signals/signal-hub.ts";
import type { OutboxShard, Webhooks } from "./contract.ts";
import { endpointRegistry } from "./endpoint-registry.ts";
import { measureOutbox } from "./measure_outbox.ts";
import { readOutbox } from "./read_outbox.ts";
import { subscriptions } from "./subscriptions.ts";
import { takeOut } from "./take_out.ts";

export interface WebhooksParts extends EngineParts {
  readonly queues: () => Promise<readonly DefinedQueue[]>;
  readonly hub: Pick<SignalHub, "onOutboxNews">;
}

export function openWebhooks(
  parts: WebhooksParts,
): Webhooks & { syncSubscribers(only?: QueueName): Promise<void> } {
  const { redis, rootPrefix, clock, shards, queues, hub } = parts;
  const subscribers = subscriptions(redis, rootPrefix, queues);
  const baseOf = ({ queue, shard }: OutboxShard) => shardAt(rootPrefix, queue, shard).base;
  return {
    webhookEndpoints: endpointRegistry(redis, rootPrefix, subscribers),
    outbox: {
      read: (shard, reading) =>
        readOutbox.run(redis, baseOf(shard), { ...reading, nowMs: clock.nowMs() }),
      async takeOut(shard, move) {
        await takeOut.run(redis, baseOf(shard), { ...move, nowMs: clock.nowMs() });
      },
      async length(queue) {
        const lengths = await Promise.all(
          (await shards.ofQueue(queue)).map(({ base }) =>
            measureOutbox.run(redis, base, undefined),
          ),
        );
        return lengths.reduce((sum, { fresh, setAside }) => ({
          fresh: sum.fresh + fresh,
          setAside: sum.setAside + setAside,
        }));
      },
      onNews: (listener) => hub.onOutboxNews(listener),
    },
    async syncSubscribers(only) {
      await subscribers.sync(only).catch((error: unknown) => {
        throw asStoreFault(error, "copying subscriptions to the shards");
      });
    },
  };
}
