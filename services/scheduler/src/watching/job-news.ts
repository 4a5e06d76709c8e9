import type { FollowListener, FollowNews, OutputChunk } from "@millrace/engine";
import { createWake } from "@millrace/shared";

/** How many bytes and chunks are kept until the watch takes them. A watch that is slower reads them from the store. */
const KEPT_BYTES = 64 * 1024;
const KEPT_CHUNKS = 256;

export interface JobNews extends AsyncDisposable {
  /** The end of the job's output, as far as known. */
  readonly end: number;
  foundOutput(end: number): void;
  /** Takes the chunks from an offset on that were just stored. Empty if the next one must be read from the store. */
  takeStored(offset: number): readonly OutputChunk[];
  /** Whether the job or group may have changed since the last call; true for the first call. */
  takeChanged(): boolean;
  /** Resolves once something may have happened, or a signal has aborted. */
  arrived(): Promise<void>;
}

/** Collects the store's news about one job or group. `follow` subscribes to them. */
export async function jobNews(
  follow: (listener: FollowListener) => Promise<AsyncDisposable>,
  endings: readonly AbortSignal[],
): Promise<JobNews> {
  let end = 0;
  let changed = true;
  const stored = new StoredChunks();
  const { wake, wait } = createWake();
  const foundOutput = (nextOffset: number) => {
    end = Math.max(end, nextOffset);
  };
  const subscription = await follow((news: FollowNews) => {
    if (news.kind === "output") foundOutput(news.nextOffset);
    else if (news.kind === "stored") {
      for (const chunk of news.chunks) stored.add(chunk);
      foundOutput((news.chunks.at(-1)?.offset ?? -1) + 1);
    } else changed = true;
    wake();
  });
  for (const ending of endings) ending.addEventListener("abort", wake, { once: true });
  return {
    get end() {
      return end;
    },
    foundOutput,
    takeStored: (offset) => stored.take(offset),
    takeChanged() {
      const was = changed;
      changed = false;
      return was;
    },
    arrived: wait,
    async [Symbol.asyncDispose]() {
      for (const ending of endings) ending.removeEventListener("abort", wake);
      await subscription[Symbol.asyncDispose]();
    },
  };
}

/** The last chunks that were stored, without gaps between them. */
class StoredChunks {
  #chunks: OutputChunk[] = [];
  #bytes = 0;

  add(chunk: OutputChunk): void {
    const last = this.#chunks.at(-1);
    const follows = last === undefined || chunk.offset === last.offset + 1;
    const fits = this.#bytes + chunk.body.length <= KEPT_BYTES && this.#chunks.length < KEPT_CHUNKS;
    if (!follows || !fits) this.#clear();
    this.#chunks.push(chunk);
    this.#bytes += chunk.body.length;
  }

  take(offset: number): readonly OutputChunk[] {
    const first = this.#chunks[0]?.offset ?? 0;
    // Chunks that come later than the wanted one are kept until it was read.
    if (offset < first) return [];
    const taken = this.#chunks.slice(offset - first);
    this.#clear();
    return taken;
  }

  #clear(): void {
    this.#chunks = [];
    this.#bytes = 0;
  }
}
