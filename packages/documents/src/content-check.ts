import { looksLikeImage } from "./content-refusal.ts";
import { controlsIn, decodeText, hasTooManyControls, textEncodingOf } from "./text-encoding.ts";
import { looksLikeEmail, looksLikeHtml, looksLikeRtf } from "./text-types.ts";

/** A PDF may have bytes before its header, but its header must begin within this window. */
const PDF_WINDOW_BYTES = 1_024;
const PDF_MAGIC = "%PDF-";
/** How an archive begins: with a file, or with its end if it is empty. */
const ZIP_MAGICS = new Set(["504b0304", "504b0506"]);
/** The type of a text and its encoding show in its first bytes. */
const HEAD_BYTES = 64 * 1_024;

/**
 * What kind the content is, judged from the content alone. A ZIP archive may be a document, or anything else, and an
 * image may be of a format that cannot be read.
 */
export type ContentKind = "pdf" | "zip" | "image" | "rtf" | "html" | "email" | "text" | "other";

function kindByMagic(head: Buffer): ContentKind | undefined {
  if (head.subarray(0, PDF_WINDOW_BYTES).includes(PDF_MAGIC)) return "pdf";
  if (ZIP_MAGICS.has(head.toString("hex", 0, 4))) return "zip";
  if (looksLikeImage(head)) return "image";
  // RTF may have binary parts, such as images.
  return looksLikeRtf(head.toString("latin1", 0, 64)) ? "rtf" : undefined;
}

/** Checks content as it passes, and keeps only its first bytes. */
export class ContentCheck {
  readonly #decoder = new TextDecoder("utf-8", { fatal: true });
  readonly #pieces: Uint8Array[] = [];
  #kept = 0;
  #utf8 = true;
  #length = 0;
  #controls = 0;
  #cut = false;
  /** The kind, once it is known whatever follows. */
  #certain: ContentKind | undefined;

  add(piece: Uint8Array): void {
    if (this.#kept < HEAD_BYTES) {
      // A copy, because the caller may use the piece's buffer again.
      this.#pieces.push(piece.slice(0, HEAD_BYTES - this.#kept));
      this.#kept += piece.length;
    }
    if (this.#certain === undefined && this.#length < PDF_WINDOW_BYTES) {
      this.#certain = kindByMagic(this.head);
    }
    this.#length += piece.length;
    if (this.#certain !== undefined) return;
    if (this.#utf8) {
      this.#utf8 =
        !piece.includes(0) && this.#decodes(() => this.#decoder.decode(piece, { stream: true }));
    }
    if (!this.#utf8) this.#controls += controlsIn(piece);
  }

  /** What follows the last piece will not be seen: a character may be cut at its end. */
  cut(): void {
    this.#cut = true;
  }

  /** The first bytes of the content. */
  get head(): Buffer {
    return Buffer.concat(this.#pieces);
  }

  /** Returns the kind. Call it once, after the last piece. */
  finish(): ContentKind {
    if (this.#certain !== undefined) return this.#certain;
    const { head } = this;
    const text = this.#textOf(head);
    if (text === undefined) return "other";
    if (looksLikeRtf(text)) return "rtf";
    if (looksLikeHtml(text)) return "html";
    return looksLikeEmail(text) ? "email" : "text";
  }

  /** Decodes the first bytes. Undefined if the content is not text. */
  #textOf(head: Uint8Array): string | undefined {
    if (this.#utf8 && (this.#cut || this.#decodes(() => this.#decoder.decode())))
      return decodeText(head, "utf-8");
    const encoding = textEncodingOf(head);
    if (encoding === undefined) return undefined;
    // The bytes of UTF-16 and UTF-32 look like control characters.
    if (/^utf-(16|32)/.test(encoding)) return decodeText(head, encoding);
    if (hasTooManyControls(this.#controls, this.#length)) return undefined;
    return decodeText(head, "latin1");
  }

  #decodes(decode: () => string): boolean {
    try {
      decode();
      return true;
    } catch {
      return false;
    }
  }
}
