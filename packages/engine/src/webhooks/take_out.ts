import { defineScript } from "../redis/define-script.ts";
import { asList, asNumber } from "../redis/reply.ts";
import type { OutboxMove } from "./contract.ts";

/** Returns how many entries were removed. */
export const takeOut = defineScript<OutboxMove & { readonly nowMs: number }, number>(
  import.meta.url,
  {
    name: "take_out",
    argv: ["now_ms", "list", "due_ms"],
    perItem: ["id", "key", "bytes", "to"],
    encode: ({ nowMs, list, dueMs, done, aside }) => [
      ...[nowMs, list ?? "", dueMs],
      ...done.flatMap(({ entryId, keyId, bytes }) => [entryId, keyId, bytes, ""]),
      ...aside.flatMap(({ entry, to }) => [entry.entryId, entry.keyId, entry.bytes, to]),
    ],
    decode: (reply) => asNumber(asList(reply)[1]),
  },
);
