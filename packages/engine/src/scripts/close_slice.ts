import { defineScript } from "../define-script.ts";
import { asList, asNumber, asText } from "../reply.ts";

/** What a shard says it used of an account. */
export interface SliceReport {
  /** Of the account, as the shard knows it. */
  readonly generation: string;
  readonly version: number;
  readonly running: number;
  readonly succeeded: number;
  readonly corrections: readonly number[];
}

export const closeSlice = defineScript<{ readonly pool: string }, SliceReport | undefined>({
  name: "close_slice",
  argv: ["pool"],
  encode: ({ pool }) => [pool],
  decode(reply) {
    const [word, generation, version, running, succeeded, corrections] = asList(reply);
    if (word === "FREE") return undefined;
    return {
      generation: asText(generation),
      version: asNumber(version),
      running: asNumber(running),
      succeeded: asNumber(succeeded),
      corrections: asList(corrections).map(asNumber),
    };
  },
});
