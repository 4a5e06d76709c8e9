import { setTimeout as pause } from "node:timers/promises";

const EVERY_MS = 500;

/** Asks until the answer is not undefined. Throws if that takes longer than `withinMs`. */
export async function poll<T>(
  what: string,
  withinMs: number,
  ask: () => Promise<T | undefined>,
): Promise<T> {
  const untilMs = Date.now() + withinMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (Date.now() > untilMs) throw new Error(`${what}: not within ${withinMs / 1_000} s`);
    await pause(EVERY_MS);
  }
}
