import { defineScript } from "../redis/define-script.ts";
import { asText } from "../redis/reply.ts";

export interface SetGovernedRequest {
  readonly version: number;
  /** All pools that are accounts. */
  readonly pools: readonly { readonly pool: string; readonly generation: string }[];
}

export const setGoverned = defineScript<SetGovernedRequest, "SET" | "CURRENT">(import.meta.url, {
  name: "set_governed",
  argv: ["version"],
  perItem: ["pool", "generation"],
  encode: ({ version, pools }) => [
    version,
    ...pools.flatMap(({ pool, generation }) => [pool, generation]),
  ],
  decode: (reply) => asText(reply) as "SET" | "CURRENT",
});
