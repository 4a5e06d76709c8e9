import type { KeyId } from "@millrace/shared";
import { defineScript } from "../redis/define-script.ts";
import { asNumber } from "../redis/reply.ts";

export interface AppliedPortion {
  readonly key: KeyId;
  /** That of the report which it answers. */
  readonly version: number;
  /** Amounts as budgets/lib/portions.lua has them. */
  readonly amounts: string;
  /** When the home may be asked for more again. */
  readonly askMs: number;
  /** Whether a job that was held may run now. */
  readonly more: boolean;
}

/** Returns how many were applied. The others answer earlier reports. */
export const applyPortions = defineScript<{ readonly answers: readonly AppliedPortion[] }, number>(
  import.meta.url,
  {
    name: "apply_portions",
    argv: [],
    perItem: ["key", "version", "amounts", "ask_ms", "more"],
    encode: ({ answers }) =>
      answers.flatMap(({ key, version, amounts, askMs, more }) => [
        ...[key, version, amounts, askMs, more ? 1 : 0],
      ]),
    decode: asNumber,
  },
);
