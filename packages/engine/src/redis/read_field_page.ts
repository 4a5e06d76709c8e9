import { defineScript } from "./define-script.ts";
import { asList, asText } from "./reply.ts";

export interface ReadFieldPageRequest {
  /** Begins after a name, or with it, whether or not there is such a field. Left out: with the first one. */
  readonly from?: { readonly after: string } | { readonly at: string };
  /** 1 to 5,000. */
  readonly count: number;
}

/** Reads the values of some fields of a hash, in the order of their names. */
export const readFieldPage = defineScript<ReadFieldPageRequest, readonly string[]>(
  import.meta.url,
  {
    name: "read_field_page",
    argv: ["from", "count"],
    encode: ({ from, count }) => [lexOf(from), count],
    decode: (reply) => asList(reply).map(asText),
  },
);

function lexOf(from: ReadFieldPageRequest["from"]): string {
  if (from === undefined) return "";
  return "after" in from ? `(${from.after}` : `[${from.at}`;
}
