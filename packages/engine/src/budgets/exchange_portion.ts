import { defineScript } from "../redis/define-script.ts";
import { asList, asNumber, asText, rows } from "../redis/reply.ts";
import type { PortionReport } from "./report_portions.ts";

export interface ExchangePortionRequest extends Omit<PortionReport, "key"> {
  readonly nowMs: number;
  /** Names the shard: the beginning of its keys. */
  readonly shard: string;
  /** What the shard's next job takes of each limit; "-" if the shard only reports. */
  readonly needs: string;
}

export type PortionAnswer =
  | {
      readonly kind: "OK";
      /** The shard's portions. */
      readonly amounts: string;
      /** Whether they suffice for what the shard needs. */
      readonly met: boolean;
      /** When to ask again, if they do not. */
      readonly waitMs: number;
      /** Shards that may hold too much, and what they should keep. */
      readonly pulls: readonly { readonly shard: string; readonly keep: string }[];
    }
  | {
      readonly kind: "STALE";
      /** That of the report which was taken last. */
      readonly version: number;
    };

export const exchangePortion = defineScript<ExchangePortionRequest, PortionAnswer>(
  import.meta.url,
  {
    name: "exchange_portion",
    argv: [
      ...["now_ms", "shard", "version", "limits_version", "limits", "used", "portion", "needs"],
    ],
    encode: ({ nowMs, shard, version, limitsVersion, limits, used, portion, needs }) => [
      ...[nowMs, shard, version, limitsVersion, limits, used, portion, needs],
    ],
    decode(reply) {
      const [kind, first, met, waitMs, pulls] = asList(reply);
      if (asText(kind) === "STALE") return { kind: "STALE", version: asNumber(first) };
      return {
        kind: "OK",
        amounts: asText(first),
        met: asNumber(met) === 1,
        waitMs: asNumber(waitMs),
        pulls: rows(pulls, 2).map(([shard, keep]) => ({
          shard: asText(shard),
          keep: asText(keep),
        })),
      };
    },
  },
);
