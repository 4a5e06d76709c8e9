import type { KeyId } from "@millrace/shared";
import { defineScript } from "../redis/define-script.ts";
import { asList, asNumber, asText } from "../redis/reply.ts";

export interface PortionReport {
  readonly key: KeyId;
  readonly version: number;
  /** The version of the limits: how often budgets have been changed. */
  readonly limitsVersion: number;
  /** Amounts as budgets/lib/portions.lua has them. */
  readonly limits: string;
  readonly used: string;
  readonly portion: string;
}

export interface ReportPortionsRequest {
  readonly nowMs: number;
  readonly keys: readonly {
    readonly key: KeyId;
    /** The most that the shard keeps of each limit. Default: what it has. */
    readonly keep?: string;
    /** The report's version is later than this. Default 0. */
    readonly after?: number;
  }[];
}

/** Returns a report for each key, in their order. */
export const reportPortions = defineScript<ReportPortionsRequest, readonly PortionReport[]>(
  import.meta.url,
  {
    name: "report_portions",
    argv: ["now_ms"],
    perItem: ["key", "keep", "after"],
    encode: ({ nowMs, keys }) => [
      nowMs,
      ...keys.flatMap(({ key, keep = "-", after = 0 }) => [key, keep, after]),
    ],
    decode(reply, { keys }) {
      const [limitsVersion, reports] = asList(reply);
      return asList(reports).map((report, at) => {
        const [version, limits, used, portion] = asList(report);
        return {
          key: keys[at]?.key as KeyId,
          version: asNumber(version),
          limitsVersion: asNumber(limitsVersion),
          limits: asText(limits),
          used: asText(used),
          portion: asText(portion),
        };
      });
    },
  },
);
