import { defineScript } from "../redis/define-script.ts";
import { asText } from "../redis/reply.ts";
import type { ProviderAccount } from "./contract.ts";

export interface OpenAccountRequest extends Omit<ProviderAccount, "name"> {
  readonly generation: string;
  /** The registry's version. */
  readonly version: number;
}

export const openAccount = defineScript<OpenAccountRequest, "MADE" | "OPEN" | "OLD">(
  import.meta.url,
  {
    name: "open_account",
    argv: ["generation", "version", "requests", "tokens", "running"],
    encode: ({ generation, version, requestsPerMinute, tokensPerMinute, maxRunning }) => [
      ...[generation, version],
      ...[requestsPerMinute ?? "", tokensPerMinute ?? "", maxRunning ?? ""],
    ],
    decode: (reply) => asText(reply) as "MADE" | "OPEN" | "OLD",
  },
);
