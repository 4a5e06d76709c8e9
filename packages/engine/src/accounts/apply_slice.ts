import { defineScript } from "../redis/define-script.ts";
import { asText } from "../redis/reply.ts";
import type { Grant } from "./exchange_account.ts";

export interface ApplySliceRequest extends Grant {
  readonly pool: string;
  readonly generation: string;
}

export const applySlice = defineScript<ApplySliceRequest, "APPLIED" | "OLD">(import.meta.url, {
  name: "apply_slice",
  argv: [
    ...[
      "pool",
      "generation",
      "version",
      "requests",
      "tokens",
      "allowed",
      "second",
      "until_ms",
      "most",
    ],
    ...["shared", "probe"],
  ],
  encode: ({
    pool,
    generation,
    version,
    requests,
    tokens,
    allowed,
    second,
    untilMs,
    most,
    shared,
    probe,
  }) => [
    ...[pool, generation, version, requests, tokens, allowed, second, untilMs, most, shared, probe],
  ],
  decode: (reply) => asText(reply) as "APPLIED" | "OLD",
});
