import { defineScript } from "../redis/define-script.ts";
import { asList, asNumber, asText } from "../redis/reply.ts";

/** A shard's report of what it used of an account. */
export interface SliceReport {
  /** The generation of the account that the shard knows. */
  readonly generation: string;
  readonly version: number;
  readonly running: number;
  readonly succeeded: number;
  /** The newest second of the account's clock to which a successful call was charged. */
  readonly successSecond: number;
  /** When the last successful call ended. */
  readonly successMs: number;
  /** A probe that has ended, or was not used; 0 if none. */
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
