import { defineScript } from "../redis/define-script.ts";
import { asList, asText } from "../redis/reply.ts";
import type { Change } from "./contract.ts";

export interface AppendChangeRequest extends Change {
  readonly nowMs: number;
  readonly keepMs: number;
  readonly most: number;
  /** How many events the log keeps; 0 if this is a change that somebody makes. */
  readonly mostEvents: number;
}

/** Returns the change's id. */
export const appendChange = defineScript<AppendChangeRequest, string>(import.meta.url, {
  name: "append_change",
  argv: ["now_ms", "keep_ms", "most", "actor", "action", "subject", "detail", "most_events"],
  encode: ({ nowMs, keepMs, most, mostEvents, actor, action, subject, detailJson }) => [
    ...[nowMs, keepMs, most, actor, action, subject, detailJson, mostEvents],
  ],
  decode: (reply) => asText(asList(reply)[0]),
});
