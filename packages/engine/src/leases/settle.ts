import { cutBytes, type JobId, type JobState, jsonText, wellFormed } from "@millrace/shared";
import type { Failure, JobRecord, OtherEnds } from "../jobs/contract.ts";
import { otherEnds } from "../jobs/other-ends.ts";
import { finishedJob } from "../jobs/read_finished.ts";
import { usageText } from "../jobs/stored-usage.ts";
import { defineScript, type ScriptArg } from "../redis/define-script.ts";
import { asList, asText, rows, unexpectedReply } from "../redis/reply.ts";
import type { SpendSettings } from "../spend/contract.ts";
import type { Settlement, SettleOutcome } from "./contract.ts";

export interface SettleRequest {
  readonly nowMs: number;
  readonly maxEvents: number;
  readonly keepSucceededMs: number;
  readonly keepFailedMs: number;
  readonly maxBounces: number;
  readonly spend: SpendSettings;
  readonly settlements: readonly ReportedSettlement[];
}

/** A settlement whose reply has the job, if the settlement ends it and `report` is set. */
export type ReportedSettlement = Settlement & { readonly report?: boolean };

export interface Settled {
  readonly outcomes: readonly SettleOutcome[];
  /** The reported jobs that ended, without their payloads. */
  readonly ended: readonly JobRecord[];
  readonly others: OtherEnds;
}

export const settle = defineScript<SettleRequest, Settled>(import.meta.url, {
  name: "settle",
  argv: [
    ...["now_ms", "max_events", "keep_succeeded_ms", "keep_failed_ms", "max_bounces"],
    ...["keep_spend_days", "spend_labels"],
  ],
  perItem: [
    ...["id", "token", "kind", "state", "delay_ms", "episode"],
    ...["body", "message", "noted", "usage", "account_failed", "report"],
  ],
  encode({ nowMs, maxEvents, keepSucceededMs, keepFailedMs, maxBounces, spend, settlements }) {
    const args: ScriptArg[] = [nowMs, maxEvents, keepSucceededMs, keepFailedMs, maxBounces];
    args.push(spend.keepDays, spend.labels.join("\n"));
    for (const one of settlements) {
      args.push(one.jobId, one.token, one.kind, ...detailsOf(one));
      args.push(...textsOf(one), usageText(one.usage), one.accountFailed ? 1 : "");
      args.push(one.report ? 1 : "");
    }
    return args;
  },
  decode(reply, { settlements }) {
    const words = asList(reply);
    return {
      outcomes: settlements.map((_, index) =>
        outcome(words[3 * index], words[3 * index + 1], words[3 * index + 2]),
      ),
      ended: rows(words.at(-2), 3).map(([id, state, fields]) =>
        finishedJob(asText(id) as JobId, state, fields),
      ),
      others: otherEnds(words.at(-1)),
    };
  },
});

type Details = [state: string, delayMs: ScriptArg, episode: string];

function detailsOf(settlement: Settlement): Details {
  switch (settlement.kind) {
    case "complete":
    case "release":
    case "wait":
      return ["", "", ""];
    case "fail":
      return [settlement.state, "", ""];
    case "bounce":
      return ["", wholeMs(settlement.delayMs), settlement.episode ?? ""];
    case "retry":
      return ["", wholeMs(settlement.delayMs), ""];
  }
}

const wholeMs = (ms: number): number => Math.max(0, Math.round(ms));

/** The longest message that a history keeps. A history is read as a whole, and copied to the dead letter. */
const NOTED_MESSAGE_BYTES = 1_000;

/** The stored texts of a settlement: its body, its message, and the failure as the history keeps it. */
function textsOf(settlement: Settlement): [body: string, message: string, noted: string] {
  switch (settlement.kind) {
    case "complete":
      return [settlement.resultJson, "", ""];
    case "release":
      return ["", "", ""];
    case "wait":
      return [String(settlement.children), "", ""];
    case "fail":
    case "retry":
    case "bounce":
      return failureTexts(settlement.failure);
  }
}

function failureTexts(failure: Failure): [body: string, message: string, noted: string] {
  const message = wellFormed(failure.message);
  const short = cutBytes(message, NOTED_MESSAGE_BYTES);
  const body = jsonText({ ...failure, message });
  return [body, message, short === message ? body : jsonText({ ...failure, message: short })];
}

function outcome(word: unknown, state: unknown, cost: unknown): SettleOutcome {
  switch (word) {
    case "SETTLED":
      return {
        ...{ kind: "settled", state: asText(state) as JobState },
        ...(asText(cost) === "" ? {} : { costMicros: Number(cost) }),
      };
    case "REPEATED":
      return { kind: "settled", state: asText(state) as JobState, repeated: true };
    case "LEASE_LOST":
      return { kind: "leaseLost" };
    case "INVALID":
      return { kind: "invalid", argument: asText(state) };
    default:
      return unexpectedReply("settle", word);
  }
}
