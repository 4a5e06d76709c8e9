import type { KeyId } from "@millrace/shared";
import { defineScript } from "../redis/define-script.ts";
import { asList, asNumber, asOptionalNumber } from "../redis/reply.ts";
import type { BudgetUse } from "./contract.ts";

/** Returns what each key uses, in the order of the keys. */
export const readUse = defineScript<
  { readonly nowMs: number; readonly keys: readonly KeyId[] },
  readonly (readonly BudgetUse[])[]
>(import.meta.url, {
  name: "read_use",
  argv: ["now_ms"],
  perItem: ["key"],
  encode: ({ nowMs, keys }) => [nowMs, ...keys],
  decode: (reply) =>
    asList(reply).map((one) => {
      const [running, requests, tokens, day, requestsClear, tokensClear, dayClear] = asList(one);
      const use = (kind: BudgetUse["kind"], used: unknown, clear?: unknown): BudgetUse => {
        const clearMs = asOptionalNumber(clear ?? "");
        return { kind, used: asNumber(used), ...(clearMs === undefined ? {} : { clearMs }) };
      };
      return [
        use("KEY_REQUESTS", requests, requestsClear),
        use("KEY_TOKENS", tokens, tokensClear),
        use("KEY_DAILY_TOKENS", day, dayClear),
        use("KEY_CONCURRENCY", running),
      ];
    }),
});
