import type { KeyId } from "@millrace/shared";
import type { Store } from "../redis/store-connection.ts";
import { F } from "../redis/stored-names.ts";
import type { KeyTotal } from "./contract.ts";

/** The kinds of windows, as budgets/lib/budgets.lua has them: so many buckets of so many milliseconds. */
const kinds = {
  KEY_REQUESTS: { letter: F.requests_window, sizeMs: 1_000, count: 60 },
  KEY_TOKENS: { letter: F.tokens_window, sizeMs: 1_000, count: 60 },
  KEY_DAILY_TOKENS: { letter: F.day_window, sizeMs: 900_000, count: 96 },
} as const;

/** Adds up what a key uses in the given shards. */
export async function readTotal(
  redis: Store,
  bases: readonly string[],
  keyId: KeyId,
  nowMs: number,
): Promise<KeyTotal> {
  const uses = await Promise.all(bases.map((base) => redis.hgetall(`${base}mr:use:${keyId}`)));
  const total = (kind: keyof typeof kinds) => {
    const { letter, sizeMs, count } = kinds[kind];
    const buckets = new Map<number, number>();
    for (const use of uses) {
      for (const [field, amount] of Object.entries(use)) {
        const bucket = Number(field.slice(letter.length));
        const counts = field.startsWith(letter) && /^\d+$/.test(field.slice(letter.length));
        if (!counts || (bucket + count + 1) * sizeMs <= nowMs) continue;
        buckets.set(bucket, (buckets.get(bucket) ?? 0) + Number(amount));
      }
    }
    const used = [...buckets.values()].reduce((sum, amount) => sum + amount, 0);
    return {
      used,
      /** When the first so much of it counts no longer, if nothing is added. */
      clearMs(excess: number): number | undefined {
        let left = excess;
        for (const [bucket, amount] of [...buckets].sort(([a], [b]) => a - b)) {
          left -= amount;
          if (left <= 0) return (bucket + count + 1) * sizeMs;
        }
        return undefined;
      },
    };
  };
  const running = uses.reduce((sum, use) => sum + Number(use[F.use_running] ?? 0), 0);
  return {
    ...{ requests: total("KEY_REQUESTS"), tokens: total("KEY_TOKENS") },
    ...{ dayTokens: total("KEY_DAILY_TOKENS"), running },
  };
}
