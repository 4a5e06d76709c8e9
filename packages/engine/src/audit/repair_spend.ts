import { defineScript } from "../redis/define-script.ts";
import { asList, asText, unexpectedReply } from "../redis/reply.ts";
import type { CountRepair } from "./repair_counts.ts";

export interface RepairSpendRequest {
  readonly nowMs: number;
  readonly keys: readonly string[];
}

/** Returns the total of each key before and after, in micro-dollars, or undefined if nothing was changed. */
export const repairSpend = defineScript<RepairSpendRequest, readonly CountRepair[]>(
  import.meta.url,
  {
    name: "repair_spend",
    argv: ["now_ms"],
    perItem: ["key"],
    encode: ({ nowMs, keys }) => [nowMs, ...keys],
    decode: (reply) =>
      asList(reply).map((one) => {
        const [word, before, after] = asList(one);
        if (word === "REPAIRED") return { before: asText(before), after: asText(after) };
        return word === "RIGHT" ? undefined : unexpectedReply("repair_spend", reply);
      }),
  },
);
