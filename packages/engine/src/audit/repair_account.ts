import { defineScript } from "../redis/define-script.ts";
import { asList } from "../redis/reply.ts";

/** Returns whether anything was wrong. */
export const repairAccount = defineScript<undefined, boolean>(import.meta.url, {
  name: "repair_account",
  argv: [],
  encode: () => [],
  decode: (reply) => asList(reply)[0] === "REPAIRED",
});
