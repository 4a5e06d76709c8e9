export const documentContentTypes = ["application/pdf", "text/plain", "text/markdown"] as const;
export type DocumentContentType = (typeof documentContentTypes)[number];

/** A PDF may have bytes before its header, but its header must begin within this window. */
const PDF_WINDOW_BYTES = 1_024;
const PDF_MAGIC = "%PDF-";

/** What kind the content is, judged from the content alone. */
export type ContentKind = "pdf" | "text" | "other";

/** Checks content as it passes, and keeps only the bytes of the PDF window. */
export class ContentCheck {
  readonly #decoder = new TextDecoder("utf-8", { fatal: true });
  #head = Buffer.alloc(0);
  #text = true;

  add(piece: Uint8Array): void {
    const room = PDF_WINDOW_BYTES - this.#head.length;
    if (room > 0) this.#head = Buffer.concat([this.#head, piece.subarray(0, room)]);
    if (!this.#text) return;
    this.#text =
      !piece.includes(0) && this.#decodes(() => this.#decoder.decode(piece, { stream: true }));
  }

  /** Returns the kind. Call it once, after the last piece. */
  finish(): ContentKind {
    if (this.#head.includes(PDF_MAGIC)) return "pdf";
    return this.#text && this.#decodes(() => this.#decoder.decode()) ? "text" : "other";
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

/**
 * Returns the type under which content is stored. Undefined if the content is not of the declared type, or of no
 * accepted type.
 */
export function contentTypeOf(
  kind: ContentKind,
  declared: DocumentContentType | undefined,
): DocumentContentType | undefined {
  if (kind === "other") return undefined;
  if (kind === "pdf") {
    return declared === undefined || declared === "application/pdf" ? "application/pdf" : undefined;
  }
  return declared === "application/pdf" ? undefined : (declared ?? "text/plain");
}
