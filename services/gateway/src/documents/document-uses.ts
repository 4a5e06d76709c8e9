import type { LivingDocument } from "@millrace/documents";
import { timeMs } from "@millrace/runtime";
import type { DocumentId, KeyId } from "@millrace/shared";
import type { Scheduler } from "../scheduler/scheduler-client.ts";

export type UsesScheduler = Pick<Scheduler, "findDocumentUses">;

/** How jobs and schedules use a document. */
export interface DocumentUse {
  /** A job that names it and has not finished. */
  readonly unfinishedJobId?: string;
  /** When the last of its finished jobs ended, among those that are kept. */
  readonly lastFinishMs?: number;
  /** A schedule whose jobs name it. */
  readonly scheduleId?: string;
}

const DOCUMENTS_PER_CALL = 1_000;

export interface FindUsesOptions {
  readonly signal?: AbortSignal;
  /** Whether what was found of these documents decides already, so that no more jobs are read. Default: never. */
  readonly enough?: (uses: ReadonlyMap<DocumentId, DocumentUse>) => boolean;
}

/** Finds the uses of a key's documents. It reads all of the key's jobs that are younger than the oldest of the documents. */
export async function findUses(
  scheduler: UsesScheduler,
  keyId: KeyId,
  documents: readonly Pick<LivingDocument, "id">[],
  { signal, enough = () => false }: FindUsesOptions = {},
): Promise<ReadonlyMap<DocumentId, DocumentUse>> {
  const uses = new Map<DocumentId, DocumentUse>();
  for (let at = 0; at < documents.length; at += DOCUMENTS_PER_CALL) {
    const documentIds = documents.slice(at, at + DOCUMENTS_PER_CALL).map(({ id }) => id);
    let pageToken = "";
    do {
      const request = { keyId, documentIds, pageToken };
      const page = await scheduler.findDocumentUses(
        request,
        signal === undefined ? {} : { signal },
      );
      for (const use of page.uses) merge(uses, use.documentId as DocumentId, use);
      pageToken = enough(uses) ? "" : page.nextPageToken;
    } while (pageToken !== "");
  }
  return uses;
}

type FoundUse = Awaited<ReturnType<Scheduler["findDocumentUses"]>>["uses"][number];

function merge(uses: Map<DocumentId, DocumentUse>, id: DocumentId, found: FoundUse): void {
  const before = uses.get(id) ?? {};
  const unfinishedJobId = before.unfinishedJobId ?? (found.unfinishedJobId || undefined);
  const scheduleId = before.scheduleId ?? (found.scheduleId || undefined);
  const finishMs = found.lastFinishTime === undefined ? 0 : timeMs(found.lastFinishTime);
  const lastFinishMs = Math.max(before.lastFinishMs ?? 0, finishMs);
  uses.set(id, {
    ...(unfinishedJobId === undefined ? {} : { unfinishedJobId }),
    ...(lastFinishMs === 0 ? {} : { lastFinishMs }),
    ...(scheduleId === undefined ? {} : { scheduleId }),
  });
}
