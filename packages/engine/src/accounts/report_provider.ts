import { wellFormed } from "@millrace/shared";
import { defineScript } from "../redis/define-script.ts";
import { asList, asNumber, asOptionalNumber, asText } from "../redis/reply.ts";
import type { ProviderReport, ProviderVerdict } from "./contract.ts";

export interface ReportProviderRequest extends ProviderReport {
  readonly nowMs: number;
  /** This many failures in a row begin a cool-down of the account. */
  readonly mostFailures: number;
  /** True if all successes of the shards were reported to the account. */
  readonly sure: boolean;
}

export interface ReportProviderOutcome {
  readonly verdict: ProviderVerdict["kind"] | "SUSPECT";
  readonly coolUntilMs?: number;
  readonly episode?: string;
  readonly begun: boolean;
  readonly halvedTo?: number;
  readonly closed?: boolean;
}

/** For a report without an attempt: it counts as an attempt that has just begun. */
const unknown = { jobId: "-", startedMs: 999_999_999_999_999 };

/** Returns undefined if the account does not exist. */
export const reportProvider = defineScript<
  ReportProviderRequest,
  ReportProviderOutcome | undefined
>(import.meta.url, {
  name: "report_provider",
  argv: ["now_ms", "kind", "asked_ms", "job_id", "started_ms", "most_failures", "sure", "said"],
  encode: ({ nowMs, kind, askedMs = 0, attempt = unknown, mostFailures, sure, said }) => [
    ...[nowMs, kind, Math.max(0, Math.ceil(askedMs)), attempt.jobId, attempt.startedMs],
    ...[mostFailures, sure ? 1 : 0],
    said === undefined ? "" : `${said.httpStatus} ${wellFormed(said.message) || "-"}`,
  ],
  decode(reply) {
    const [verdict, coolUntil, episode, begun, halved, closed] = asList(reply);
    if (verdict === "GONE") return undefined;
    const coolUntilMs = asOptionalNumber(coolUntil);
    const halvedTo = asOptionalNumber(halved);
    return {
      verdict: asText(verdict) as ReportProviderOutcome["verdict"],
      ...(coolUntilMs === undefined ? {} : { coolUntilMs }),
      ...(episode === "" ? {} : { episode: asText(episode) }),
      begun: asNumber(begun) === 1,
      ...(halvedTo === undefined ? {} : { halvedTo }),
      ...(closed === 1 ? { closed: true } : {}),
    };
  },
});
