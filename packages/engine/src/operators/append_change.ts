import { defineScript } from "../redis/define-script.ts";
import { asList, asText } from "../redis/reply.ts";
import type { Change } from "./contract.ts";

export interface AppendChangeRequest extends Change {
  readonly nowMs: number;
  readonly keepMs: number;
  readonly most: number;
}

/** Returns the change's id. */
export const appendChange = defineScript<AppendChangeRequest, string>(import.meta.url, {
  name: "append_change",
  argv: ["now_ms", "keep_ms", "most", "actor", "action", "subject", "detail"],
  encode: ({ nowMs, keepMs, most, actor, action, subject, detailJson }) => [
    ...[nowMs, keepMs, most, actor, action, subject, detailJson],
  ],
  decode: (reply) => asText(asList(reply)[0]),
});
