import type { DeadLetter, DeadLetterFilter, Engine } from "@millrace/engine";

/** How many are taken at a time: what one call may hold up Redis for. */
export const GROUP = 100;

/**
 * The dead letters that a filter means, those that died before the call, in groups, the newest first. What
 * is removed meanwhile moves nothing: each page begins where the one before it ended.
 */
export async function* deadLetterGroups(
  engine: Pick<Engine, "deadLetters">,
  filter: DeadLetterFilter,
  nowMs: number,
): AsyncGenerator<readonly DeadLetter[]> {
  const wanted = { beforeMs: nowMs + 1, ...filter };
  let token: string | undefined;
  do {
    const page = await engine.deadLetters.list(wanted, GROUP, token);
    yield page.letters;
    token = page.nextPageToken;
  } while (token !== undefined);
}
