import { defineScript } from "../define-script.ts";
import { asText } from "../reply.ts";

export const resetAccount = defineScript<undefined, "RESET" | "GONE">({
  name: "reset_account",
  argv: [],
  encode: () => [],
  decode: (reply) => asText(reply) as "RESET" | "GONE",
});
