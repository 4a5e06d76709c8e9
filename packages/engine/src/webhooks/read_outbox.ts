import { defineScript } from "../redis/define-script.ts";
import { asHash, asList, asNumber, asText, unexpectedReply } from "../redis/reply.ts";
import type { OutboxRead, OutboxReading } from "./contract.ts";
import { outboxEntry } from "./outbox-entry.ts";

export interface ReadOutboxRequest extends OutboxReading {
  readonly nowMs: number;
}

export const readOutbox = defineScript<ReadOutboxRequest, OutboxRead>(import.meta.url, {
  name: "read_outbox",
  argv: ["now_ms", "holder", "hold_ms", "list", "after", "count"],
  encode: ({ nowMs, holder, holdMs, list, afterId, count }) => [
    ...[nowMs, holder, holdMs, list ?? "", afterId ?? "", count],
  ],
  decode(reply) {
    const [word, ...rest] = asList(reply);
    if (word === "HELD") return { kind: "held", untilMs: asNumber(rest[0]) };
    if (word !== "READ") return unexpectedReply("read_outbox", word);
    const [due, ...entries] = rest;
    return {
      kind: "read",
      dueLists: asList(due).map(asText),
      entries: entries.map((one) => {
        const [id, fields] = asList(one);
        return outboxEntry(asText(id), asHash(fields));
      }),
    };
  },
});
