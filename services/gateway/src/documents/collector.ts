import type { DocumentStore, LivingDocument } from "@millrace/documents";
import {
  type Clock,
  type DocumentId,
  every,
  type KeyId,
  type Loop,
  type LoopOptions,
} from "@millrace/shared";
import type { GatewayMetrics, Logger } from "@millrace/telemetry";
import { type DocumentUse, findUses, type UsesScheduler } from "./document-uses.ts";

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
  /** How many documents of a key that are not old are looked up in a round. Default 1,000: as many as one call asks for. */
  readonly youngPerRound?: number;
  readonly onRemoved: (document: LivingDocument, reason: RemovalReason) => void;
  /** Called if the documents of a key could not be looked at. Those of the next key are. */
  readonly onError: (error: unknown, keyId: KeyId) => void;
}

const PAGE = 500;
const YOUNG_PER_ROUND = 1_000;

/** When a document may be removed, as far as its description tells. */
export const expiryOf = (
  { expiresAtMs, usedAtMs }: Pick<LivingDocument, "expiresAtMs" | "usedAtMs">,
  retentionMs: number,
): number => expiresAtMs ?? usedAtMs + retentionMs;

/** The documents of a key that a round looks up. */
interface Wanted {
  /** Those whose retention would be over if nothing had used them. All of them are looked up. */
  readonly old: readonly LivingDocument[];
  /** Some of the others, so that the end of a job is noted that is not kept until its documents are old. */
  readonly young: readonly LivingDocument[];
  /** The next round looks up young documents below this id. Undefined: from the newest on. */
  readonly next: DocumentId | undefined;
}

async function wantedDocuments(
  { documents, clock, retentionMs, youngPerRound = YOUNG_PER_ROUND }: CollectorParts,
  keyId: KeyId,
  below: DocumentId | undefined,
): Promise<Wanted> {
  const nowMs = clock.nowMs();
  const isOld = ({ expiresAtMs, createdAtMs }: LivingDocument) =>
    (expiresAtMs ?? createdAtMs + retentionMs) <= nowMs;
  // If the upload said when the document expires, no use changes that.
  const isYoung = ({ id, expiresAtMs }: LivingDocument) =>
    expiresAtMs === undefined && (below === undefined || id < below);
  const old: LivingDocument[] = [];
  const young: LivingDocument[] = [];
  let next: DocumentId | undefined;
  for (let pageToken: string | undefined = ""; pageToken !== undefined; ) {
    const page = await documents.list(keyId, PAGE, pageToken);
    for (const document of page.documents) {
      if (isOld(document)) old.push(document);
      else if (!isYoung(document)) continue;
      else if (young.length < youngPerRound) young.push(document);
      else next = young.at(-1)?.id;
    }
    pageToken = page.nextPageToken;
  }
  return { old, young, next };
}

const isNamed = ({ unfinishedJobId, scheduleId }: DocumentUse): boolean =>
  unfinishedJobId !== undefined || scheduleId !== undefined;

/** Records that a document is named now, or when the last job that named it ended. The job may not be kept for long. */
async function noteUse(
  { documents }: Pick<CollectorParts, "documents">,
  { id, ownerKeyId, expiresAtMs, usedAtMs }: LivingDocument,
  use: DocumentUse,
): Promise<void> {
  if (isNamed(use)) await documents.use(id, ownerKeyId);
  // Where an upload said when the document expires, its last use matters only to a submission that is under way, and such
  // a use must not be set back.
  else if (expiresAtMs === undefined && (use.lastFinishMs ?? 0) > usedAtMs) {
    await documents.use(id, ownerKeyId, use.lastFinishMs);
  }
}

/** Returns below which id the next round looks up young documents of the key. */
async function collectOf(
  parts: CollectorParts,
  keyId: KeyId,
  below: DocumentId | undefined,
): Promise<DocumentId | undefined> {
  const { documents, scheduler, clock, retentionMs, graceMs, onRemoved } = parts;
  await documents.tidy(keyId);
  const { old, young, next } = await wantedDocuments(parts, keyId, below);
  if (old.length + young.length === 0) return next;
  const uses = await findUses(scheduler, keyId, [...old, ...young]);
  const useOf = ({ id }: LivingDocument): DocumentUse => uses.get(id) ?? {};
  const isOver = (document: LivingDocument) => {
    const usedAtMs = Math.max(document.usedAtMs, useOf(document).lastFinishMs ?? 0);
    const expiryMs = expiryOf({ ...document, usedAtMs }, retentionMs);
    return Math.max(expiryMs, document.usedAtMs + graceMs) <= clock.nowMs();
  };
  for (const document of young) await noteUse(parts, document, useOf(document));
  for (const document of old) {
    if (isNamed(useOf(document)) || !isOver(document)) {
      await noteUse(parts, document, useOf(document));
    } else if ((await documents.remove(document)) === "removed") {
      onRemoved(document, document.expiresAtMs === undefined ? "retention" : "expired");
    }
  }
  return next;
}

/**
 * Returns a function that removes the documents whose time is over and that no unfinished job and no schedule names, and what
 * crashes have left of uploads.
 */
export function documentCollector(parts: CollectorParts): () => Promise<void> {
  const below = new Map<KeyId, DocumentId>();
  return async () => {
    for (const keyId of await parts.documents.owners()) {
      const next = await collectOf(parts, keyId, below.get(keyId)).catch((error: unknown) =>
        parts.onError(error, keyId),
      );
      if (next) below.set(keyId, next);
      else below.delete(keyId);
    }
    await parts.documents.tidyUploads();
  };
}

/** Collects now and after each pause. Several gateways on one directory do not disturb one another. */
export const startCollector = (parts: CollectorParts, options: LoopOptions): Loop =>
  every(documentCollector(parts), options);

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
