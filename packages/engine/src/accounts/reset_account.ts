import { defineScript } from "../redis/define-script.ts";
import { asText } from "../redis/reply.ts";

export const resetAccount = defineScript<undefined, "RESET" | "GONE">(import.meta.url, {
  name: "reset_account",
  argv: [],
  encode: () => [],
  decode: (reply) => asText(reply) as "RESET" | "GONE",
});
