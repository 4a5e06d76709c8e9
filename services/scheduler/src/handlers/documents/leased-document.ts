import type { DocumentStore, StoredDocument } from "@millrace/documents";
import type { Engine } from "@millrace/engine";
import { JobSchema } from "@millrace/proto/job";
import type { LeaseRef as LeaseRefMessage } from "@millrace/proto/worker-service";
import { type CallContext, rpcError } from "@millrace/runtime";
import { parseJobId } from "@millrace/shared";
import { fromDetails } from "../../messages/job-details.ts";
import type { LeaseTokens } from "../../session/lease-tokens.ts";
import { leaseLost, namedLease } from "../../session/named-lease.ts";
import type { WorkerPass } from "../../tokens/worker-tokens.ts";

export interface LeasedDocumentParts {
  readonly engine: Pick<Engine, "holdsLease" | "getJobs">;
  readonly tokens: LeaseTokens;
  /** Undefined if this scheduler has no document store. */
  readonly documents: Pick<DocumentStore, "get" | "read"> | undefined;
}

interface Request {
  readonly lease?: LeaseRefMessage | undefined;
  readonly documentId: string;
}

/** Finds a document for whoever holds a lease of a job that names it. Throws for everybody else. */
export async function leasedDocument(
  { engine, tokens, documents }: LeasedDocumentParts,
  { lease: message, documentId }: Request,
  { identity: pass, concerns }: Pick<CallContext<WorkerPass>, "identity" | "concerns">,
): Promise<{ readonly document: StoredDocument; readonly store: Pick<DocumentStore, "read"> }> {
  const lease = namedLease(tokens, pass, message);
  concerns(lease.jobId);
  if (documents === undefined) throw noStore();
  const [job] = (await engine.holdsLease(lease))
    ? await engine.getJobs([lease.jobId], "summary")
    : [];
  if (job === undefined) throw leaseLost();
  const { documentIds = [] } = fromDetails(JobSchema, job.details);
  const named = documentIds.includes(documentId);
  const keyId = parseJobId(lease.jobId)?.keyId;
  const document =
    named && keyId !== undefined ? await documents.get(documentId, keyId) : undefined;
  if (document === undefined) throw notFound(documentId, named);
  return { document, store: documents };
}

export const noStore = () =>
  rpcError({
    reason: "NOT_IMPLEMENTED",
    message:
      "this scheduler has no document store: an operator must set MILLRACE_DOCUMENTS_DIR or MILLRACE_DOCUMENTS_S3, or the worker uses the store itself",
  });

const notFound = (documentId: string, named: boolean) =>
  rpcError({
    reason: "DOCUMENT_NOT_FOUND",
    message: named
      ? `the document ${documentId} is gone`
      : `the job of this lease does not name the document ${documentId}`,
  });
