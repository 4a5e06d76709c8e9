import { type DocumentHeader, type DocumentStore, mediaTypeNamed } from "@millrace/documents";
import type { Engine } from "@millrace/engine";
import type { StoreDocumentHeader, WorkerService } from "@millrace/proto/worker-service";
import {
  defaultUploadTimes,
  type Handler,
  rpcError,
  timeMs,
  uploadContent,
  uploadHeader,
  uploadRefusal,
  withUploadDeadline,
} from "@millrace/runtime";
import { type Clock, limits, parseJobId } from "@millrace/shared";
import { documentMessage } from "../../messages/document-message.ts";
import type { LeaseTokens } from "../../session/lease-tokens.ts";
import { leaseLost, namedLease } from "../../session/named-lease.ts";
import type { WorkerPass } from "../../tokens/worker-tokens.ts";
import { noStore } from "./leased-document.ts";

/** How many documents a scheduler stores at once. Leasing comes first, as with those that it sends. */
export const STORES_AT_ONCE = 8;
const AGAIN_MS = 1_000;
/** The purpose of the files that a batch makes. They may be longer than other documents. */
const BATCH_OUTPUT = "batch_output";

export interface StoreDocumentParts {
  readonly engine: Pick<Engine, "holdsLease" | "keyBudgets">;
  readonly tokens: LeaseTokens;
  readonly clock: Clock;
  /** Undefined if this scheduler has no document store. */
  readonly documents: Pick<DocumentStore, "put"> | undefined;
  /** What the documents of a key may take whose budget sets no limit. 0: no limit. */
  readonly documentBytesPerKey: number;
}

/** Stores a document for whoever holds a lease, under the API key of its job. */
export function storeDocument({
  engine,
  tokens,
  clock,
  documents,
  documentBytesPerKey,
}: StoreDocumentParts): Handler<(typeof WorkerService)["method"]["storeDocument"], WorkerPass> {
  let open = 0;
  return async (requests, { identity: pass, concerns }) => {
    if (open >= STORES_AT_ONCE) throw tooMany();
    open += 1;
    try {
      const iterator = withUploadDeadline(
        requests[Symbol.asyncIterator](),
        defaultUploadTimes,
        clock,
      );
      const header = await uploadHeader(iterator);
      const lease = namedLease(tokens, pass, header.lease);
      concerns(lease.jobId);
      if (documents === undefined) throw noStore();
      const keyId = parseJobId(lease.jobId)?.keyId;
      if (keyId === undefined || !(await engine.holdsLease(lease))) throw leaseLost();
      const { maxStoredBytes = documentBytesPerKey } = (await engine.keyBudgets.get(keyId)) ?? {};
      const content = uploadContent(iterator);
      const most = maxStoredBytes || Number.POSITIVE_INFINITY;
      const mostBytes = header.purpose === BATCH_OUTPUT ? limits.batchOutputBytes : undefined;
      const outcome = await documents
        .put(keyId, headerOf(header), content, most, mostBytes)
        .catch(readOnly);
      if (outcome.kind !== "stored") throw uploadRefusal(outcome);
      return { document: documentMessage(outcome.document), existing: outcome.existing };
    } finally {
      open -= 1;
    }
  };
}

function headerOf(header: StoreDocumentHeader): DocumentHeader {
  const { name, contentType, purpose, expiresAt } = header;
  const declared = mediaTypeNamed(contentType);
  return {
    name,
    ...(declared === undefined ? {} : { contentType: declared }),
    ...(purpose === "" ? {} : { purpose }),
    ...(expiresAt === undefined ? {} : { expiresAtMs: timeMs(expiresAt) }),
  };
}

const READ_ONLY: ReadonlySet<unknown> = new Set(["EROFS", "EACCES", "EPERM"]);

/** Says what an operator does about a directory that this scheduler may not write to. */
function readOnly(error: NodeJS.ErrnoException): never {
  if (!READ_ONLY.has(error.code)) throw error;
  const message =
    "this scheduler may only read documents: an operator must let it write to MILLRACE_DOCUMENTS_DIR";
  throw rpcError({ reason: "NOT_IMPLEMENTED", message, cause: error });
}

const tooMany = () =>
  rpcError({
    reason: "TOO_MANY_STREAMS",
    message: `this scheduler stores ${STORES_AT_ONCE} documents now, which is the limit: try again in a moment`,
    metadata: { limit: String(STORES_AT_ONCE) },
    retryDelayMs: AGAIN_MS,
  });
