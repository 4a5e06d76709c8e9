import type { AttemptRecord } from "./contract.ts";
import { parseJson, parseUsage } from "./job-record.ts";

/** As jobs/lib/history.lua writes it: a line of JSON for each attempt that failed. */
interface StoredAttempt {
  readonly a: number;
  readonly w?: string;
  readonly s?: number;
  readonly e: number;
  readonly f: { readonly reason: string; readonly message: string; readonly retryable: boolean };
  readonly u?: string;
}

export function parseHistory(text: string | undefined): readonly AttemptRecord[] {
  if (text === undefined || text === "") return [];
  return text.split("\n").flatMap((line) => {
    const stored = parseJson<StoredAttempt>(line);
    return stored?.f === undefined ? [] : [attemptOf(stored)];
  });
}

function attemptOf({ a, w, s, e, f, u }: StoredAttempt): AttemptRecord {
  return {
    attempt: a,
    endedAtMs: e,
    failure: f,
    ...(w === undefined ? {} : { workerId: w }),
    ...(s === undefined ? {} : { startedAtMs: s }),
    ...(u === undefined || u === "" ? {} : { usage: parseUsage(u) }),
  };
}
