import type { DocumentStore, LivingDocument } from "@millrace/documents";
import { type Clock, every, type KeyId, type Loop, type LoopOptions } from "@millrace/shared";
import type { GatewayMetrics, Logger } from "@millrace/telemetry";
import { findUses, type UsesScheduler } from "./document-uses.ts";

/** Why a document was removed: its upload's expire_time has passed, or its retention has. */
const removalReasons = ["expired", "retention"] as const;
export type RemovalReason = (typeof removalReasons)[number];

export interface CollectorParts {
  readonly documents: Pick<
    DocumentStore,
    "list" | "owners" | "remove" | "tidy" | "tidyUploads" | "use"
  >;
  readonly scheduler: UsesScheduler;
  readonly clock: Clock;
  /** How long a document is kept after its last use, unless its upload said when it expires. */
  readonly retentionMs: number;
  /**
   * How long a document is spared after its last use. A submission records that it uses its documents before its jobs are
   * stored, so a document that was used more recently may be one of a job that is not seen yet.
   */
  readonly graceMs: number;
  readonly onRemoved: (document: LivingDocument, reason: RemovalReason) => void;
  /** Called if the documents of a key could not be looked at. Those of the next key are. */
  readonly onError: (error: unknown, keyId: KeyId) => void;
}

const PAGE = 500;

/** When a document may be removed, as far as its description tells. */
export const expiryOf = (
  { expiresAtMs, usedAtMs }: Pick<LivingDocument, "expiresAtMs" | "usedAtMs">,
  retentionMs: number,
): number => expiresAtMs ?? usedAtMs + retentionMs;

async function oldDocuments(
  { documents, clock, retentionMs }: CollectorParts,
  keyId: KeyId,
): Promise<readonly LivingDocument[]> {
  const nowMs = clock.nowMs();
  // A document that jobs have used for longer than its retention is looked at in each round, so that the end of the last
  // job is seen although the job may not be kept for long.
  const isOld = ({ expiresAtMs, createdAtMs }: LivingDocument) =>
    (expiresAtMs ?? createdAtMs + retentionMs) <= nowMs;
  const old: LivingDocument[] = [];
  for (let pageToken: string | undefined = ""; pageToken !== undefined; ) {
    const page = await documents.list(keyId, PAGE, pageToken);
    old.push(...page.documents.filter(isOld));
    pageToken = page.nextPageToken;
  }
  return old;
}

async function collectOf(parts: CollectorParts, keyId: KeyId): Promise<void> {
  const { documents, scheduler, clock, retentionMs, graceMs, onRemoved } = parts;
  await documents.tidy(keyId);
  const old = await oldDocuments(parts, keyId);
  if (old.length === 0) return;
  const uses = await findUses(scheduler, keyId, old);
  for (const document of old) {
    const { unfinishedJobId, scheduleId, lastFinishMs = 0 } = uses.get(document.id) ?? {};
    if (unfinishedJobId !== undefined || scheduleId !== undefined) {
      await documents.use(document.id, keyId);
      continue;
    }
    const usedAtMs = Math.max(document.usedAtMs, lastFinishMs);
    const expiryMs = expiryOf({ ...document, usedAtMs }, retentionMs);
    if (Math.max(expiryMs, document.usedAtMs + graceMs) > clock.nowMs()) continue;
    if ((await documents.remove(document)) !== "removed") continue;
    onRemoved(document, document.expiresAtMs === undefined ? "retention" : "expired");
  }
}

/**
 * Removes the documents whose time is over and that no unfinished job and no schedule names, and what crashes have left of
 * uploads.
 */
export async function collectDocuments(parts: CollectorParts): Promise<void> {
  for (const keyId of await parts.documents.owners()) {
    await collectOf(parts, keyId).catch((error: unknown) => parts.onError(error, keyId));
  }
  await parts.documents.tidyUploads();
}

/** Collects now and after each pause. Several gateways on one directory do not disturb one another. */
export const startCollector = (parts: CollectorParts, options: LoopOptions): Loop =>
  every(() => collectDocuments(parts), options);

/** Counts what was removed, and says in the log what it was and whose documents could not be looked at. */
export function collectorObserver(
  log: Pick<Logger, "info" | "warn">,
  { documentsRemoved }: Pick<GatewayMetrics, "documentsRemoved">,
): Pick<CollectorParts, "onRemoved" | "onError"> {
  // Prometheus detects an increase only of a series that exists already.
  for (const reason of removalReasons) documentsRemoved.inc({ reason }, 0);
  return {
    onRemoved({ id, ownerKeyId, sizeBytes, usedAtMs }, reason) {
      documentsRemoved.inc({ reason });
      const fields = { document_id: id, key_id: ownerKeyId, bytes: sizeBytes, reason };
      const lastUsed = new Date(usedAtMs).toISOString();
      log.info({ ...fields, last_used: lastUsed }, "a document was removed");
    },
    onError: (error, keyId) =>
      log.warn({ error, key_id: keyId }, "could not look for expired documents of a key"),
  };
}
