import { defineScript } from "./define-script.ts";
import { asList, asText } from "./reply.ts";

export interface ScanKeysRequest {
  readonly cursor: string;
  readonly pattern: string;
  readonly count: number;
}

/** SCAN on the server that stores a shard. In a Cluster, the plain command would go to any server. */
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
