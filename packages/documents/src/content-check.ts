export const documentContentTypes = ["application/pdf", "text/plain", "text/markdown"] as const;
export type DocumentContentType = (typeof documentContentTypes)[number];

/** A PDF may carry bytes before its header, but no more than these. */
const PDF_WINDOW_BYTES = 1_024;
const PDF_MAGIC = "%PDF-";

/** What content is, told from itself alone. */
export type ContentKind = "pdf" | "text" | "other";

/** Looks at content as it passes, and keeps no more of it than the PDF window. */
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

  /** Call once, after the last piece. */
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

/** The type to store content under, or undefined if it is not what was declared, or none we take. */
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
