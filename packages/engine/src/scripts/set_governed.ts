import { defineScript } from "../define-script.ts";
import { asText } from "../reply.ts";

export interface SetGovernedRequest {
  readonly version: number;
  /** The pools that are accounts: all of them. */
  readonly pools: readonly string[];
}

export const setGoverned = defineScript<SetGovernedRequest, "SET" | "CURRENT">({
  name: "set_governed",
  argv: ["version"],
  perItem: ["pool"],
  encode: ({ version, pools }) => [version, ...pools],
  decode: (reply) => asText(reply) as "SET" | "CURRENT",
});
