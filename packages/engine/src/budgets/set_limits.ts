import { defineScript, type ScriptArg } from "../redis/define-script.ts";
import { asList, asNumber, asText } from "../redis/reply.ts";

export interface SetLimitsRequest {
  /** The version that the shard must have, at least. */
  readonly from: number;
  /** The version that the shard has afterwards. */
  readonly version: number;
  /** "interactive,standard,batch"; "" leaves the weights as they are. */
  readonly bandWeights: string;
  /** What was changed: JSON that budgets/lib/key_limits.lua reads; "" means no limits. */
  readonly limits: readonly (readonly [keyId: string, limits: string])[];
}

export type SetLimitsOutcome =
  | { readonly kind: "SET"; readonly isUsed: boolean }
  | { readonly kind: "CURRENT" }
  | { readonly kind: "BEHIND"; readonly has: number };

export const setLimits = defineScript<SetLimitsRequest, SetLimitsOutcome>(import.meta.url, {
  name: "set_limits",
  argv: ["from", "version", "band_weights"],
  perItem: ["key", "limits"],
  encode({ from, version, bandWeights, limits }) {
    const args: ScriptArg[] = [from, version, bandWeights];
    for (const [keyId, text] of limits) args.push(keyId, text);
    return args;
  },
  decode: (reply) => {
    const [kind, has] = asList(reply);
    if (asText(kind) === "CURRENT") return { kind: "CURRENT" };
    if (asText(kind) === "BEHIND") return { kind: "BEHIND", has: asNumber(has) };
    return { kind: "SET", isUsed: asNumber(has) === 1 };
  },
});
