import type { ArrivingHeader, PutOutcome } from "@millrace/documents";
import { uploadRefusal } from "@millrace/runtime";
import type { Caller } from "../callers/caller.ts";
import type { GatewayParts } from "../gateway-parts.ts";

type StoreParts = Pick<GatewayParts, "documents" | "documentBytesPerKey">;

/** Stores an upload of a caller. Throws why it is refused. `mostBytes` is its largest size, if it is another than usual. */
export async function putUpload(
  { documents, documentBytesPerKey }: StoreParts,
  { keyId, maxStoredBytes }: Caller,
  header: ArrivingHeader,
  content: AsyncIterable<Uint8Array>,
  mostBytes?: number,
): Promise<Extract<PutOutcome, { readonly kind: "stored" }>> {
  const keyBytes = maxStoredBytes ?? documentBytesPerKey;
  const outcome = await documents.put(keyId, header, content, keyBytes, mostBytes);
  if (outcome.kind !== "stored") throw uploadRefusal(outcome);
  return outcome;
}
