import { createHash } from "node:crypto";
import type { OutputChunk } from "@millrace/proto/job";

/** What one reader has seen of a job's output, across cuts, and what is wrong with it. Keeps the last attempt's text alone. */
export class Seen {
  /** The offset of what comes next. */
  next = 0;
  /** Of the attempt that wrote last. */
  text = "";
  readonly wrong: string[] = [];
  #attempt = 0;
  readonly #hash = createHash("sha1");

  add({ offset, attempt, content }: OutputChunk): void {
    if (offset !== BigInt(this.next)) {
      this.wrong.push(`offset ${offset} came where ${this.next} was due`);
    }
    if (attempt < this.#attempt) {
      this.wrong.push(`output of attempt ${attempt} after that of attempt ${this.#attempt}`);
    }
    this.next = Number(offset) + 1;
    this.#attempt = attempt;
    if (content.case === "reset") this.text = "";
    if (content.case === "text") this.text += content.value;
    this.#hash.update(`${offset}:${attempt}:${content.case}:${String(content.value)}\n`);
  }

  /** The same for whoever saw the same. To be taken once, at the end. */
  digest(): string {
    return this.#hash.digest("base64");
  }
}
