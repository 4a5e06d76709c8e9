import type { JobState } from "@millrace/shared";
import { defineScript, type ScriptArg } from "../define-script.ts";
import type { Settlement, SettleOutcome } from "../engine.ts";
import { usageText } from "../job-record.ts";
import { asList, asText, unexpectedReply } from "../reply.ts";

export interface SettleRequest {
  readonly nowMs: number;
  readonly maxEvents: number;
  readonly keepSucceededMs: number;
  readonly keepFailedMs: number;
  readonly settlements: readonly Settlement[];
}

export const settle = defineScript<SettleRequest, readonly SettleOutcome[]>({
  name: "settle",
  argv: ["now_ms", "max_events", "keep_succeeded_ms", "keep_failed_ms"],
  perItem: [
    "id",
    "token",
    "kind",
    "state",
    "body",
    "message",
    "delay_ms",
    "counts_attempt",
    "usage",
  ],
  encode: ({ nowMs, maxEvents, keepSucceededMs, keepFailedMs, settlements }) => [
    ...[nowMs, maxEvents, keepSucceededMs, keepFailedMs],
    ...settlements.flatMap((one) => [
      ...[one.jobId, one.token, one.kind],
      ...ending(one),
      usageText(one.usage),
    ]),
  ],
  decode: (reply) => asList(reply).map(outcome),
});

/** state, body, message, delay_ms, counts_attempt */
function ending(settlement: Settlement): ScriptArg[] {
  switch (settlement.kind) {
    case "complete":
      return ["SUCCEEDED", settlement.resultJson, "", 0, 1];
    case "fail": {
      const { state, failure } = settlement;
      return [state, JSON.stringify(failure), failure.message, 0, 1];
    }
    case "retry": {
      const { failure, delayMs, countsAttempt } = settlement;
      return ["", JSON.stringify(failure), failure.message, delayMs, countsAttempt ? 1 : 0];
    }
    case "release":
      return ["", "", "", 0, 0];
  }
}

function outcome(reply: unknown): SettleOutcome {
  const [word, state] = asList(reply);
  switch (word) {
    case "SETTLED":
      return { kind: "settled", state: asText(state) as JobState };
    case "REPEATED":
      return { kind: "settled", state: asText(state) as JobState, repeated: true };
    case "LEASE_LOST":
      return { kind: "leaseLost" };
    default:
      return unexpectedReply("settle", reply);
  }
}
