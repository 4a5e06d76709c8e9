import { defineScript } from "../redis/define-script.ts";
import { asText } from "../redis/reply.ts";

export const closeAccount = defineScript<{ readonly version: number }, "CLOSED" | "OLD">(
  import.meta.url,
  {
    name: "close_account",
    argv: ["version"],
    encode: ({ version }) => [version],
    decode: (reply) => asText(reply) as "CLOSED" | "OLD",
  },
);
