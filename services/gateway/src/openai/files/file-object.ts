import type { LivingDocument } from "@millrace/documents";
import { expiryOf } from "../../documents/collector.ts";

/** What documents are for that were not uploaded as files. */
const USUAL_PURPOSE = "user_data";

export const purposeOf = ({ purpose }: Pick<LivingDocument, "purpose">): string =>
  purpose ?? USUAL_PURPOSE;

const secondsOf = (ms: number): number => Math.floor(ms / 1_000);

/** A document as a file. `retentionMs` is the gateway's retention of documents. */
export const fileObject = (document: LivingDocument, retentionMs: number) => ({
  id: document.id,
  object: "file",
  bytes: document.sizeBytes,
  created_at: secondsOf(document.createdAtMs),
  expires_at: secondsOf(expiryOf(document, retentionMs)),
  filename: document.name,
  purpose: purposeOf(document),
  // A document is there as soon as it is stored: nothing is processed before a job reads it.
  status: "processed",
  status_details: null,
});
