import type { KeyId } from "@millrace/shared";
import { defineScript } from "../redis/define-script.ts";
import { asNumber } from "../redis/reply.ts";

export interface AppliedPortion {
  readonly key: KeyId;
  /** That of the report which it answers. */
  readonly version: number;
  /** Amounts as budgets/lib/portions.lua has them. */
  readonly amounts: string;
  /** How long the home is not asked for more. 0: it may be asked at any time. */
  readonly waitMs: number;
  /** Whether a job that was held may run now. */
  readonly more: boolean;
}

/** Returns how many were applied. The others answer earlier reports. */
export const applyPortions = defineScript<
  { readonly nowMs: number; readonly answers: readonly AppliedPortion[] },
  number
>(import.meta.url, {
  name: "apply_portions",
  argv: ["now_ms"],
  perItem: ["key", "version", "amounts", "wait_ms", "more"],
  encode: ({ nowMs, answers }) => [
    nowMs,
    ...answers.flatMap(({ key, version, amounts, waitMs, more }) => [
      ...[key, version, amounts, waitMs, more ? 1 : 0],
    ]),
  ],
  decode: asNumber,
});
