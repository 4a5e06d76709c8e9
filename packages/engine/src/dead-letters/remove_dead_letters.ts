import type { JobId } from "@millrace/shared";
import { defineScript } from "../redis/define-script.ts";
import { asList, asNumber } from "../redis/reply.ts";

export interface RemoveDeadLettersRequest {
  /** Also removes letters that died before this time, up to `limit` of them. */
  readonly beforeMs: number;
  readonly limit: number;
  readonly ids: readonly JobId[];
}

/** Returns how many letters were removed. */
export const removeDeadLetters = defineScript<RemoveDeadLettersRequest, number>(import.meta.url, {
  name: "remove_dead_letters",
  argv: ["before_ms", "limit"],
  perItem: ["id"],
  encode: ({ beforeMs, limit, ids }) => [beforeMs, limit, ...ids],
  decode: (reply) => asNumber(asList(reply)[1]),
});
