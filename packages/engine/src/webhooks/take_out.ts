import { defineScript } from "../redis/define-script.ts";
import { asList, asNumber } from "../redis/reply.ts";

/** Returns how many entries were removed. */
export const takeOut = defineScript<{ readonly entryIds: readonly string[] }, number>(
  import.meta.url,
  {
    name: "take_out",
    argv: [],
    perItem: ["id"],
    encode: ({ entryIds }) => [...entryIds],
    decode: (reply) => asNumber(asList(reply)[1]),
  },
);
