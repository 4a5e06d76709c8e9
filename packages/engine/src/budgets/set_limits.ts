import { defineScript, type ScriptArg } from "../redis/define-script.ts";
import { asText } from "../redis/reply.ts";

export interface SetLimitsRequest {
  readonly version: number;
  /** If true, keys that are not named have no limits. */
  readonly all: boolean;
  /** "interactive,standard,batch"; "" leaves the weights as they are. */
  readonly bandWeights: string;
  /** JSON that budgets/lib/key_limits.lua reads; "" means no limits. */
  readonly limits: readonly (readonly [keyId: string, limits: string])[];
}

export const setLimits = defineScript<SetLimitsRequest, "SET" | "CURRENT" | "BEHIND">(
  import.meta.url,
  {
    name: "set_limits",
    argv: ["version", "all", "band_weights"],
    perItem: ["key", "limits"],
    encode({ version, all, bandWeights, limits }) {
      const args: ScriptArg[] = [version, all ? 1 : 0, bandWeights];
      for (const [keyId, text] of limits) args.push(keyId, text);
      return args;
    },
    decode: (reply) => asText(reply) as "SET" | "CURRENT" | "BEHIND",
  },
);
