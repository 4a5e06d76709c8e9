import { F } from "../redis/stored-names.ts";
import type { AttemptRecord, Failure } from "./contract.ts";
import { parseJson } from "./parse-json.ts";
import { parseUsage } from "./stored-usage.ts";

/** jobs/lib/history.lua writes one line of JSON for each failed attempt. */
interface StoredAttempt {
  readonly [F.attempt_number]: number;
  readonly [F.attempt_worker_id]?: string;
  readonly [F.attempt_started_ms]?: number;
  readonly [F.attempt_ended_ms]: number;
  readonly [F.attempt_failure]: Failure;
  /** As stored-usage.ts reads it. */
  readonly [F.attempt_usage]?: unknown;
}

export function parseHistory(text: string | undefined): readonly AttemptRecord[] {
  if (text === undefined || text === "") return [];
  return text.split("\n").flatMap((line) => {
    const stored = parseJson<StoredAttempt>(line);
    return stored?.[F.attempt_failure] === undefined ? [] : [attemptOf(stored)];
  });
}

function attemptOf(stored: StoredAttempt): AttemptRecord {
  const workerId = stored[F.attempt_worker_id];
  const startedAtMs = stored[F.attempt_started_ms];
  const usage = parseUsage(stored[F.attempt_usage]);
  return {
    attempt: stored[F.attempt_number],
    endedAtMs: stored[F.attempt_ended_ms],
    failure: stored[F.attempt_failure],
    ...(workerId === undefined ? {} : { workerId }),
    ...(startedAtMs === undefined ? {} : { startedAtMs }),
    ...(usage === undefined ? {} : { usage }),
  };
}
