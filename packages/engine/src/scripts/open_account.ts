import { defineScript } from "../define-script.ts";
import type { ProviderAccount } from "../engine.ts";
import { asText } from "../reply.ts";

export interface OpenAccountRequest extends Omit<ProviderAccount, "name"> {
  readonly generation: string;
  /** Of the registry. */
  readonly version: number;
}

export const openAccount = defineScript<OpenAccountRequest, "MADE" | "OPEN" | "OLD">({
  name: "open_account",
  argv: ["generation", "version", "requests", "tokens", "running"],
  encode: ({ generation, version, requestsPerMinute, tokensPerMinute, maxRunning }) => [
    ...[generation, version],
    ...[requestsPerMinute ?? "", tokensPerMinute ?? "", maxRunning ?? ""],
  ],
  decode: (reply) => asText(reply) as "MADE" | "OPEN" | "OLD",
});
