import type { Engine, OutboxShard } from "@millrace/engine";
import type { Loop, LoopOptions } from "@millrace/shared";
import { INTERNAL_QUEUE_PREFIX, type TimerHandle } from "@millrace/shared";
import { type MoveShardParts, moveShard } from "../webhooks/move-shard.ts";
import { together } from "./each-queue.ts";

export interface OutboxMoverParts extends MoveShardParts {
  readonly engine: Pick<Engine, "attendedQueues" | "outbox"> & MoveShardParts["engine"];
}

/**
 * Moves the ends of jobs and groups from the outboxes of all shards to the queue of deliveries: at once after news of a
 * shard, and every `everyMs` for all shards, because news are hints, and because entries that were set aside become due.
 */
export function startOutboxMover(parts: OutboxMoverParts, options: LoopOptions): Loop {
  const mover = new OutboxMover(parts, options);
  mover.start();
  return mover;
}

class OutboxMover implements Loop {
  readonly #parts: OutboxMoverParts;
  readonly #options: LoopOptions;
  /** The shards to look at, by name. */
  readonly #due = new Map<string, OutboxShard>();
  #all = true;
  #running: Promise<void> | undefined;
  #news: Promise<AsyncDisposable> | undefined;
  #timer: TimerHandle | undefined;
  #closed = false;

  constructor(parts: OutboxMoverParts, options: LoopOptions) {
    this.#parts = parts;
    this.#options = options;
  }

  start(): void {
    this.#listen();
    this.#wake();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#timer?.cancel();
    await this.#running;
    await (await this.#news?.catch(() => undefined))?.[Symbol.asyncDispose]();
  }

  #listen(): void {
    this.#news ??= this.#parts.engine.outbox.onNews((shard) => {
      if (shard === undefined) this.#all = true;
      else this.#due.set(`${shard.queue}:${shard.shard}`, shard);
      this.#wake();
    });
    this.#news.catch((error: unknown) => {
      this.#news = undefined;
      this.#options.onError(error);
    });
  }

  #wake(): void {
    if (this.#closed || this.#running !== undefined) return;
    this.#running = this.#run().finally(() => {
      this.#running = undefined;
      if (this.#closed) return;
      // News may have come after the last look.
      if (this.#due.size > 0) return this.#wake();
      this.#timer?.cancel();
      this.#timer = this.#parts.clock.after(this.#options.everyMs, () => {
        this.#all = true;
        this.#listen();
        this.#wake();
      });
    });
  }

  async #run(): Promise<void> {
    const failed: unknown[] = [];
    while (!this.#closed && (this.#all || this.#due.size > 0)) {
      try {
        if (this.#all) await this.#addAll();
        const [name, shard] = this.#due.entries().next().value ?? [];
        if (name === undefined || shard === undefined) break;
        this.#due.delete(name);
        await moveShard(this.#parts, shard, () => this.#closed);
      } catch (error) {
        // The other shards are moved now, and this one in the next round.
        failed.push(error);
      }
    }
    const error = together(failed, "shards");
    if (error !== undefined) this.#options.onError(error);
  }

  async #addAll(): Promise<void> {
    this.#all = false;
    for (const { name: queue, shards } of await this.#parts.engine.attendedQueues()) {
      if (queue.startsWith(INTERNAL_QUEUE_PREFIX)) continue;
      for (let shard = 0; shard < shards; shard += 1) {
        this.#due.set(`${queue}:${shard}`, { queue, shard });
      }
    }
  }
}
