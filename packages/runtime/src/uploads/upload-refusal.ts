import { type RpcFault, rpcError } from "../rpc-fault.ts";

/** The retry delay when the caller's documents take too many bytes. It is long, since someone has to delete documents. */
const FULL_RETRY_MS = 30_000;

/** Why a document store refuses an upload: the package `documents` says it in this form. */
export type RefusedUpload =
  | { readonly kind: "empty" }
  | { readonly kind: "tooLarge"; readonly limitBytes: number }
  | { readonly kind: "keyFull"; readonly storedBytes: number; readonly limitBytes: number }
  | { readonly kind: "typeMismatch"; readonly declared: string; readonly actual: string };

/** The fault that a refused upload is answered with. */
export function uploadRefusal(outcome: RefusedUpload): RpcFault {
  switch (outcome.kind) {
    case "empty":
      return rpcError({
        reason: "DOCUMENT_EMPTY",
        message: "the document is empty: upload at least one byte",
      });
    case "tooLarge": {
      const message = `the document is larger than the limit of ${outcome.limitBytes} bytes`;
      return rpcError({ reason: "TOO_LARGE", message });
    }
    case "keyFull":
      return rpcError({
        reason: "STORED_BYTES_FULL",
        message:
          `documents of this API key take ${outcome.storedBytes} bytes, not counting current uploads, ` +
          `and this document would exceed the limit (max_stored_bytes) of ${outcome.limitBytes} bytes: delete documents first`,
        metadata: { limit: String(outcome.limitBytes), stored: String(outcome.storedBytes) },
        retryDelayMs: FULL_RETRY_MS,
      });
    case "typeMismatch": {
      const message = `the document is declared as ${outcome.declared}, but its content is ${outcome.actual}: upload it with that type, or without any`;
      return rpcError({ reason: "DOCUMENT_TYPE_MISMATCH", message });
    }
  }
}
