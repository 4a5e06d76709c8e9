import type { Engine, OutboxEntry, OutboxShard } from "@millrace/engine";
import { UNREADABLE_LIST } from "@millrace/shared";
import { together } from "../loops/each-queue.ts";
import { decideUnmoved, nextTryMs, type UnmovedDecision } from "../policy/unmoved-entry.ts";
import { type MoveParts, moveEntries, type UnmovedEntry } from "./move-entries.ts";

/** How many entries are read at once: a call of Redis each for reading, submitting and taking out. */
const BATCH = 200;
/** How long a scheduler that moves entries of a shard keeps the others away. If it dies, another one goes on after that. */
const HOLD_MS = 2_000;

export interface MoveShardParts extends MoveParts {
  readonly engine: Pick<Engine, "outbox"> & MoveParts["engine"];
  /** Names this process: schedulers may share an id. */
  readonly holder: string;
  /** Called with entries that could not be moved, and what became of all of them. */
  readonly onUnmoved: (
    kind: UnmovedDecision["kind"],
    entries: readonly UnmovedEntry[],
    shard: OutboxShard,
  ) => void;
}

/**
 * Moves the entries of a shard, oldest first, and then those that were set aside and are to be tried now. `isClosed` is
 * asked before each call. A list that fails does not keep the others waiting: what failed is thrown at the end.
 */
export async function moveShard(
  parts: MoveShardParts,
  shard: OutboxShard,
  isClosed: () => boolean,
): Promise<void> {
  const mover = new ShardMover(parts, shard, isClosed);
  const failed: unknown[] = [];
  const note = (error: unknown) => failed.push(error);
  await mover.moveNew().catch(note);
  for (const list of mover.dueLists) await mover.moveAside(list).catch(note);
  const error = together(failed, "lists");
  if (error !== undefined) throw error;
}

class ShardMover {
  readonly #parts: MoveShardParts;
  readonly #shard: OutboxShard;
  readonly #isClosed: () => boolean;
  /** The lists that are to be tried now, as the first page of new entries says. */
  dueLists: readonly string[] = [];

  constructor(parts: MoveShardParts, shard: OutboxShard, isClosed: () => boolean) {
    this.#parts = parts;
    this.#shard = shard;
    this.#isClosed = isClosed;
  }

  async moveNew(): Promise<void> {
    for (let after: OutboxEntry | undefined; !this.#isClosed(); ) {
      const read = await this.#read({}, after);
      if (read === undefined) {
        // Another scheduler tries them.
        this.dueLists = [];
        return;
      }
      const { entries, dueLists } = read;
      if (after === undefined) this.dueLists = dueLists;
      if (entries.length > 0) await this.#move(entries);
      if (entries.length < BATCH) return;
      after = entries.at(-1);
    }
  }

  /**
   * Tries the entries of a list. A key's entries end at the first batch with a refusal, because those that follow would be refused
   * too. Entries that cannot be read do not depend on each other.
   */
  async moveAside(list: string): Promise<void> {
    for (let after: OutboxEntry | undefined; !this.#isClosed(); ) {
      const read = await this.#read({ list }, after);
      if (read === undefined) return;
      const { entries } = read;
      const stayed = await this.#move(entries, list);
      if (entries.length < BATCH || (stayed && list !== UNREADABLE_LIST)) return;
      after = entries.at(-1);
    }
  }

  async #read(from: { readonly list?: string }, after: OutboxEntry | undefined) {
    const { engine, holder } = this.#parts;
    const read = await engine.outbox.read(this.#shard, {
      ...{ ...from, holder, holdMs: HOLD_MS, count: BATCH },
      ...(after === undefined ? {} : { afterId: after.entryId }),
    });
    return read.kind === "held" ? undefined : read;
  }

  /** Returns whether an entry stays in the list. */
  async #move(entries: readonly OutboxEntry[], list?: string): Promise<boolean> {
    const { engine, clock, onUnmoved } = this.#parts;
    const { moved, unmoved } = await moveEntries(this.#parts, entries);
    const nowMs = clock.nowMs();
    const decided = unmoved.map((one) => ({
      one,
      decision: decideUnmoved(one.entry, one.why, nowMs),
    }));
    const dropped = decided.flatMap(({ one, decision }) => (decision.kind === "drop" ? [one] : []));
    const kept = decided.flatMap(({ one, decision }) =>
      decision.kind === "setAside" ? [{ one, to: decision.to }] : [],
    );
    const done = [...moved, ...dropped.map(({ entry }) => entry)];
    await engine.outbox.takeOut(this.#shard, {
      ...(list === undefined ? {} : { list }),
      ...{ done, aside: kept.map(({ one, to }) => ({ entry: one.entry, to })) },
      dueMs: nextTryMs(kept[0]?.one.entry, done.length > 0, nowMs),
    });
    if (dropped.length > 0) onUnmoved("drop", dropped, this.#shard);
    if (kept.length > 0) {
      onUnmoved(
        "setAside",
        kept.map(({ one }) => one),
        this.#shard,
      );
    }
    return kept.some(({ to }) => to === list);
  }
}
