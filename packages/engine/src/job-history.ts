import type { AttemptRecord } from "./engine.ts";

/** As scripts/lib/history.lua writes it: a line of JSON for each attempt that failed. */
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
  return text.split("\n").map((line) => {
    const { a, w, s, e, f, u } = JSON.parse(line) as StoredAttempt;
    const [inputTokens = 0, outputTokens = 0, providerCalls = 0] = (u ?? "").split(",").map(Number);
    return {
      attempt: a,
      endedAtMs: e,
      failure: f,
      ...(w === undefined ? {} : { workerId: w }),
      ...(s === undefined ? {} : { startedAtMs: s }),
      ...(u === undefined || u === ""
        ? {}
        : { usage: { inputTokens, outputTokens, providerCalls } }),
    };
  });
}
