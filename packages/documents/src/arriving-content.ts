import { createHash } from "node:crypto";
import { ContentCheck } from "./content-check.ts";
import type { UploadRefusal } from "./contract.ts";

/** Ends the writing of an upload that is refused before its end. */
export class RefusedUpload extends Error {
  override readonly name = "RefusedUpload";
  readonly refusal: UploadRefusal;

  constructor(refusal: UploadRefusal) {
    super(`the upload is refused: ${refusal.kind}`);
    this.refusal = refusal;
  }
}

/** Content that is counted, hashed and checked while it is written. */
export class ArrivingContent implements AsyncIterable<Uint8Array> {
  readonly check = new ContentCheck();
  readonly #content: AsyncIterable<Uint8Array>;
  readonly #refusal: (sizeBytes: number) => Promise<UploadRefusal | undefined>;
  readonly #hash = createHash("sha256");
  #sizeBytes = 0;

  /** `refusal` says why the content may not have that many bytes. */
  constructor(
    content: AsyncIterable<Uint8Array>,
    refusal: (sizeBytes: number) => Promise<UploadRefusal | undefined>,
  ) {
    this.#content = content;
    this.#refusal = refusal;
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** The hash of all content. Call it once, after the last piece. */
  sha256(): string {
    return this.#hash.digest("hex");
  }

  /** Throws RefusedUpload, also if the content ends without a byte. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    for await (const piece of this.#content) {
      this.#sizeBytes += piece.length;
      const refused = await this.#refusal(this.#sizeBytes);
      if (refused !== undefined) throw new RefusedUpload(refused);
      this.#hash.update(piece);
      this.check.add(piece);
      yield piece;
    }
    if (this.#sizeBytes === 0) throw new RefusedUpload({ kind: "empty" });
  }
}
