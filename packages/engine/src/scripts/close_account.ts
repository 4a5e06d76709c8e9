import { defineScript } from "../define-script.ts";
import { asText } from "../reply.ts";

export const closeAccount = defineScript<{ readonly version: number }, "CLOSED" | "OLD">({
  name: "close_account",
  argv: ["version"],
  encode: ({ version }) => [version],
  decode: (reply) => asText(reply) as "CLOSED" | "OLD",
});
