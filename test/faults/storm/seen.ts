import { createHash } from "node:crypto";
import type { OutputChunk } from "@millrace/proto/job";

/**
 * One reader's view of a job's output across cuts, and what is wrong with it. Only the text of the last attempt
 * is kept.
 */
export class Seen {
  /** The offset of the next chunk. */
  next = 0;
  /** The text of the attempt that wrote last. */
  text = "";
  readonly wrong: string[] = [];
  #attempt = 0;
  readonly #hash = createHash("sha1");

  add({ offset, attempt, content }: OutputChunk): void {
    if (offset !== BigInt(this.next)) {
      this.wrong.push(`a chunk with offset ${offset} came in place of ${this.next}`);
    }
    if (attempt < this.#attempt) {
      this.wrong.push(`output of attempt ${attempt} came after output of attempt ${this.#attempt}`);
    }
    this.next = Number(offset) + 1;
    this.#attempt = attempt;
    if (content.case === "reset") this.text = "";
    if (content.case === "text") this.text += content.value;
    this.#hash.update(`${offset}:${attempt}:${content.case}:${String(content.value)}\n`);
  }

  /** Returns a digest that is equal for readers of the same output. Call it once, at the end. */
  digest(): string {
    return this.#hash.digest("base64");
  }
}
