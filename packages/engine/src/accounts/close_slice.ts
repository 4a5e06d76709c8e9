import { defineScript } from "../redis/define-script.ts";
import { asList, asNumber, asText } from "../redis/reply.ts";

/** What a shard says it used of an account. */
export interface SliceReport {
  /** Of the account, as the shard knows it. */
  readonly generation: string;
  readonly version: number;
  readonly running: number;
  readonly succeeded: number;
  /** The newest of the account's seconds in which one that succeeded was charged. */
  readonly successSecond: number;
  /** When the last one ended. */
  readonly successMs: number;
  /** A probe that has ended, or was not used; 0: none. */
  readonly probeEnded: number;
  readonly corrections: readonly number[];
}

export const closeSlice = defineScript<{ readonly pool: string }, SliceReport | undefined>(
  import.meta.url,
  {
    name: "close_slice",
    argv: ["pool"],
    encode: ({ pool }) => [pool],
    decode(reply) {
      const [
        word,
        generation,
        version,
        running,
        succeeded,
        successSecond,
        successMs,
        probeEnded,
        corrections,
      ] = asList(reply);
      if (word === "FREE") return undefined;
      return {
        generation: asText(generation),
        version: asNumber(version),
        running: asNumber(running),
        succeeded: asNumber(succeeded),
        successSecond: asNumber(successSecond),
        successMs: asNumber(successMs),
        probeEnded: asNumber(probeEnded),
        corrections: asList(corrections).map(asNumber),
      };
    },
  },
);
