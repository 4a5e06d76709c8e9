import { note, writeJson, writeText } from "./output.ts";
import type { Shell } from "./shell.ts";

export interface ListForm<Item> {
  /** Writes each item as a line of JSON when it arrives, instead of a table of all. */
  readonly json?: boolean | undefined;
  /** Writes at most this many items; 0 means all. */
  readonly limit?: number;
  /** What the items are, as in "There are no documents." */
  readonly what: string;
  /** Written if there are none. Default: that there are none. */
  readonly none?: string;
  readonly tableOf: (items: readonly Item[]) => string;
}

/** Writes a list, and to standard error that there is more of it than the limit. */
export async function writeList<Item>(
  shell: Shell,
  items: AsyncIterable<Item>,
  { json = false, limit = 0, what, none = `There are no ${what}.`, tableOf }: ListForm<Item>,
): Promise<void> {
  const listed: Item[] = [];
  let more = false;
  for await (const item of items) {
    if (limit !== 0 && listed.length === limit) {
      more = true;
      break;
    }
    listed.push(item);
    if (json) writeJson(shell, item);
  }
  if (!json) writeText(shell, listed.length === 0 ? none : tableOf(listed));
  if (more) note(shell, `There are more ${what}: --limit 0 shows all.`);
}
