import type { DeadLetter, DeadLetterFilter, Engine } from "@millrace/engine";

/** The size of a group. It bounds how long one call may block Redis. */
export const GROUP = 100;

/**
 * Reads the dead letters that match a filter and died before the call, in groups, newest first. Removals meanwhile do not
 * shift the pages: each page begins where the one before it ended.
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
