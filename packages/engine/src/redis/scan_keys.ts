import { defineScript } from "./define-script.ts";
import { asList, asText } from "./reply.ts";

export interface ScanKeysRequest {
  readonly cursor: string;
  readonly pattern: string;
  readonly count: number;
}

/** SCAN on the server that keeps a shard: in a Cluster the command alone would go to any. */
export const scanKeys = defineScript<ScanKeysRequest, { cursor: string; names: readonly string[] }>(
  import.meta.url,
  {
    name: "scan_keys",
    argv: ["cursor", "pattern", "count"],
    encode: ({ cursor, pattern, count }) => [cursor, pattern, count],
    decode: (reply) => {
      const [cursor, names] = asList(reply);
      return { cursor: asText(cursor), names: asList(names).map(asText) };
    },
  },
);
