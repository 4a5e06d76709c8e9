import { defineScript } from "../redis/define-script.ts";
import { asList, asText, unexpectedReply } from "../redis/reply.ts";

export type CountKind =
  | "key"
  | "pool"
  | "depth"
  | "lane"
  | "class"
  | "stored"
  | "group"
  | "schedule"
  | "outbox";

export interface RepairCountsRequest {
  readonly nowMs: number;
  readonly subjects: readonly { readonly kind: CountKind; readonly name: string }[];
}

/** Returns the value of each subject before and after, or undefined if it was right. */
export type CountRepair = { readonly before: string; readonly after: string } | undefined;

export const repairCounts = defineScript<RepairCountsRequest, readonly CountRepair[]>(
  import.meta.url,
  {
    name: "repair_counts",
    argv: ["now_ms"],
    perItem: ["kind", "name"],
    encode: ({ nowMs, subjects }) => [nowMs, ...subjects.flatMap(({ kind, name }) => [kind, name])],
    decode: (reply) =>
      asList(reply).map((one) => {
        const [word, before, after] = asList(one);
        if (word === "REPAIRED") return { before: asText(before), after: asText(after) };
        return word === "RIGHT" ? undefined : unexpectedReply("repair_counts", reply);
      }),
  },
);
