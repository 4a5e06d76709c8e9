import type { KeyId } from "@millrace/shared";
import { changeField } from "../redis/change_field.ts";
import { registryKeys } from "../redis/keys.ts";
import { replaceField } from "../redis/replace_field.ts";
import type { Store } from "../redis/store-connection.ts";
import type { WebhooksOfKey } from "./contract.ts";
import { formatWebhooks, parseWebhooks } from "./stored-webhooks.ts";
import { type Subscriptions, subscriptionOf } from "./subscriptions.ts";

/** What an edit makes of the webhooks of a key. Without `after`, nothing is written. */
export interface Edited<Outcome> {
  readonly after?: WebhooksOfKey;
  readonly outcome: Outcome;
}

export interface WebhooksOfKeys {
  /** In the order of the keys. */
  read(keyIds: readonly KeyId[]): Promise<readonly WebhooksOfKey[]>;
  /** Replaces the webhooks of a key, and repeats that if they change meanwhile (optimistic concurrency). */
  edit<Outcome>(keyId: KeyId, edit: (webhooks: WebhooksOfKey) => Edited<Outcome>): Promise<Outcome>;
}

/**
 * The webhooks of a key are one text of the registry. A change of the key's subscription is counted in the step that writes
 * it, and copied to the shards before the answer, so that the ends of jobs after the answer are recorded. Other changes
 * concern no shard.
 */
export function webhooksOfKeys(
  redis: Store,
  rootPrefix: string,
  { copy, sync }: Subscriptions,
): WebhooksOfKeys {
  const key = registryKeys(rootPrefix).webhooks;

  const swap = async (keyId: KeyId, before: string | null, after: WebhooksOfKey) => {
    const subscribed = subscriptionOf(parseWebhooks(before).endpoints);
    const subscribes = subscriptionOf(after.endpoints);
    const value = formatWebhooks(after);
    if (subscribed === subscribes && before !== null && value !== "") {
      return replaceField.run(redis, key, { field: keyId, before, after: value });
    }
    const change = { field: keyId, value, before: before ?? "" };
    const written = await changeField.run(redis, key, change);
    if (written === undefined) return false;
    await copy(keyId, subscribes, written.version);
    return true;
  };

  return {
    async read(keyIds) {
      return keyIds.length === 0 ? [] : (await redis.hmget(key, ...keyIds)).map(parseWebhooks);
    },
    async edit(keyId, edit) {
      for (let lost = false; ; lost = true) {
        const before = await redis.hget(key, keyId);
        const { after, outcome } = edit(parseWebhooks(before));
        if (after === undefined) {
          // The reply of a call that had written may have been lost, and then nothing was copied yet.
          if (lost) await sync();
          return outcome;
        }
        if (await swap(keyId, before, after)) return outcome;
      }
    },
  };
}
