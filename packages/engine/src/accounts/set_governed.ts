import { defineScript } from "../redis/define-script.ts";
import { asText } from "../redis/reply.ts";

export interface SetGovernedRequest {
  readonly version: number;
  /** If true, pools that are not named are no accounts. */
  readonly all: boolean;
  /** A generation "" means that the pool is no account. */
  readonly pools: readonly { readonly pool: string; readonly generation: string }[];
}

export const setGoverned = defineScript<SetGovernedRequest, "SET" | "CURRENT" | "BEHIND">(
  import.meta.url,
  {
    name: "set_governed",
    argv: ["version", "all"],
    perItem: ["pool", "generation"],
    encode: ({ version, all, pools }) => [
      ...[version, all ? 1 : 0],
      ...pools.flatMap(({ pool, generation }) => [pool, generation]),
    ],
    decode: (reply) => asText(reply) as "SET" | "CURRENT" | "BEHIND",
  },
);
