import { Readable } from "node:stream";
import { LRUCache } from "lru-cache";
import { RangeSource } from "../zip-directory.ts";
import type { S3Objects } from "./s3-objects.ts";

/** The directory of an archive is read in small pieces, from its end. */
const BLOCK_BYTES = 512 * 1_024;
const BLOCKS = 8;

/** Reads parts of an object. A fault of the store makes an archive look damaged, so the fault is kept. */
export class RangeObject extends RangeSource {
  readonly sizeBytes: number;
  readonly #objects: Pick<S3Objects, "read">;
  readonly #name: string;
  readonly #blocks = new LRUCache<number, Promise<Buffer>>({ max: BLOCKS });
  #fault: Error | undefined;

  constructor(objects: Pick<S3Objects, "read">, name: string, sizeBytes: number) {
    super();
    this.#objects = objects;
    this.#name = name;
    this.sizeBytes = sizeBytes;
  }

  override assertRead(): void {
    if (this.#fault !== undefined) throw this.#fault;
  }

  override _readStreamForRange(start: number, end: number): Readable {
    return Readable.from(this.#pieces(start, end), { objectMode: false });
  }

  async *#pieces(start: number, end: number): AsyncGenerator<Buffer> {
    for (let at = start; at < end; ) {
      const block = Math.floor(at / BLOCK_BYTES);
      const piece = (await this.#block(block)).subarray(
        at - block * BLOCK_BYTES,
        end - block * BLOCK_BYTES,
      );
      if (piece.length === 0) return;
      yield piece;
      at += piece.length;
    }
  }

  #block(block: number): Promise<Buffer> {
    const known = this.#blocks.get(block);
    if (known !== undefined) return known;
    const reading = this.#read(block * BLOCK_BYTES);
    this.#blocks.set(block, reading);
    return reading;
  }

  async #read(start: number): Promise<Buffer> {
    const end = Math.min(start + BLOCK_BYTES, this.sizeBytes);
    try {
      return await bytesOf(this.#objects.read(this.#name, { start, end }));
    } catch (error) {
      this.#fault = error as Error;
      throw error;
    }
  }
}

export async function bytesOf(content: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of content) pieces.push(piece);
  return Buffer.concat(pieces);
}
