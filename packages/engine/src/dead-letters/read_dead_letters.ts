import type { JobId } from "@millrace/shared";
import { parseHistory } from "../jobs/job-history.ts";
import { jobRecord } from "../jobs/job-record.ts";
import { defineScript } from "../redis/define-script.ts";
import { asHash, asList, asNumber, asText } from "../redis/reply.ts";
import { F } from "../redis/stored-names.ts";
import type { DeadLetter } from "./contract.ts";

export interface ReadDeadLettersRequest {
  /** Reads letters that died before this time, or in this millisecond with an id that sorts before `beforeId`. */
  readonly beforeMs: number;
  readonly beforeId: string;
  readonly sinceMs: number;
  readonly count: number;
  /** "summary" leaves out payload and history. */
  readonly view: "full" | "summary";
  /** Reads only these letters. Empty means all. */
  readonly ids: readonly JobId[];
}

export const readDeadLetters = defineScript<ReadDeadLettersRequest, readonly DeadLetter[]>(
  import.meta.url,
  {
    name: "read_dead_letters",
    argv: ["before_ms", "before_id", "since_ms", "count", "view"],
    perItem: ["id"],
    encode: ({ beforeMs, beforeId, sinceMs, count, view, ids }) => [
      ...[beforeMs, beforeId, sinceMs, count, view],
      ...ids,
    ],
    decode: (reply) =>
      asList(reply).map((one) => {
        const [id, died, flat] = asList(one);
        const hash = asHash(flat);
        const diedAtMs = asNumber(died);
        const failure = { [F.failure_message]: hash[F.failure_message] ?? "" };
        const stored = { ...hash, ...failure, [F.finished_ms]: String(diedAtMs) };
        return {
          job: jobRecord(asText(id) as JobId, "FAILED", stored),
          attempts: parseHistory(hash[F.history]),
          diedAtMs,
        };
      }),
  },
);
