import { defineScript } from "../define-script.ts";
import { asList, asOptionalNumber, asText } from "../reply.ts";

export interface ReportProviderRequest {
  readonly nowMs: number;
  /** How long the provider asked for; undefined: it did not say. */
  readonly coolMs: number | undefined;
  /** Money or quota is used up. */
  readonly exhausted: boolean;
}

export interface ProviderPause {
  readonly state: "cool" | "exhausted";
  readonly coolUntilMs?: number;
}

export const reportProvider = defineScript<ReportProviderRequest, ProviderPause | undefined>({
  name: "report_provider",
  argv: ["now_ms", "cool_ms", "exhausted"],
  encode: ({ nowMs, coolMs, exhausted }) => [nowMs, coolMs ?? "", exhausted ? 1 : 0],
  decode(reply) {
    const [state, coolUntil] = asList(reply);
    if (state === "GONE") return undefined;
    const coolUntilMs = asOptionalNumber(coolUntil);
    return {
      state: asText(state) as ProviderPause["state"],
      ...(coolUntilMs === undefined ? {} : { coolUntilMs }),
    };
  },
});
