import { defineScript } from "../define-script.ts";
import { asList, asNumber } from "../reply.ts";

/** What a shard says it used of an account. */
export interface SliceReport {
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
    const [word, version, running, succeeded, corrections] = asList(reply);
    if (word === "FREE") return undefined;
    return {
      version: asNumber(version),
      running: asNumber(running),
      succeeded: asNumber(succeeded),
      corrections: asList(corrections).map(asNumber),
    };
  },
});
