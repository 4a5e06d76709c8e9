import type { Reason } from "./reasons.ts";

/** UNAVAILABLE: trying again may help. REFUSED: an operator has to change something first. */
export type DocumentStoreReason = Extract<
  Reason,
  "DOCUMENT_STORE_UNAVAILABLE" | "DOCUMENT_STORE_REFUSED"
>;

/** What the place where documents are did not do. The message says what to do, and has no secrets. */
export class DocumentStoreFault extends Error {
  override readonly name = "DocumentStoreFault";
  readonly reason: DocumentStoreReason;

  constructor(reason: DocumentStoreReason, message: string, cause?: unknown) {
    super(message, { cause });
    this.reason = reason;
  }
}
