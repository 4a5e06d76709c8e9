import type { Engine, JobRecord } from "@millrace/engine";
import { JobSpecSchema } from "@millrace/proto/job";
import type { SchedulerService } from "@millrace/proto/scheduler-service";
import { type Handler, rpcError, timestampOf } from "@millrace/runtime";
import {
  isDocumentId,
  isFinal,
  isKeyId,
  isQueueName,
  isUlid,
  type KeyId,
  type QueueName,
  timeOfDocumentId,
  timeOfUlid,
} from "@millrace/shared";
import { fromDetails } from "../messages/job-details.ts";
import { assertPageToken } from "../messages/page-token.ts";
import { readableSpec } from "../messages/schedule-spec.ts";

/** A bound on one call. */
const JOBS_PER_CALL = 10_000;
const JOBS_PER_PAGE = 500;

const SCHEDULES_PER_PAGE = 100;

type UsesEngine = Pick<Engine, "listJobs" | "listSchedules" | "queues">;

/** Where the next call continues: in a queue, below a ULID. */
interface Place {
  readonly queue: string;
  readonly below: string | undefined;
}

function placeOf(token: string): Place {
  const [queue = "", below, ...more] = token.split("|");
  const isToken = isQueueName(queue) && (below === "" || isUlid(below ?? "")) && more.length === 0;
  assertPageToken("FindDocumentUses", token, isToken);
  return { queue, below: below || undefined };
}

interface Use {
  unfinishedJobId?: string;
  lastFinishMs?: number;
  scheduleId?: string;
}

/** Notes which of the documents jobs name. */
function noteUses(uses: Map<string, Use>, jobs: readonly JobRecord[]): void {
  for (const { id, state, details, finishedAtMs = 0 } of jobs) {
    for (const documentId of fromDetails(JobSpecSchema, details).documentIds ?? []) {
      const use = uses.get(documentId);
      if (use === undefined) continue;
      if (isFinal(state)) use.lastFinishMs = Math.max(use.lastFinishMs ?? 0, finishedAtMs);
      else use.unfinishedJobId = id;
    }
  }
}

/** Notes which of the documents the schedules of a key in a queue name. A schedule may name a document between its jobs too. */
async function noteSchedules(
  engine: UsesEngine,
  keyId: KeyId,
  queue: QueueName,
  uses: Map<string, Use>,
): Promise<void> {
  for (let pageToken: string | undefined = ""; pageToken !== undefined; ) {
    const page = await engine.listSchedules({
      ...{ keyId, queue, pageSize: SCHEDULES_PER_PAGE },
      ...(pageToken === "" ? {} : { pageToken }),
    });
    for (const { id, details } of page.schedules) {
      for (const documentId of readableSpec(details)?.job?.documentIds ?? []) {
        const use = uses.get(documentId);
        if (use !== undefined) use.scheduleId = id;
      }
    }
    pageToken = page.nextPageToken;
  }
}

/**
 * Reads the jobs of a key in a queue, newest first, until one was submitted before `sinceMs` or `most` are read. Returns where to
 * continue, or undefined if the queue is done.
 */
async function readQueue(
  engine: UsesEngine,
  filter: { readonly keyId: KeyId; readonly queue: QueueName; readonly below: string | undefined },
  { sinceMs, most }: { readonly sinceMs: number; readonly most: number },
  onJobs: (jobs: readonly JobRecord[]) => void,
): Promise<{ readonly read: number; readonly below: string | undefined }> {
  const { keyId, queue } = filter;
  let read = 0;
  for (let { below } = filter; ; ) {
    const page = await engine.listJobs({
      ...{ keyId, queue, pageSize: JOBS_PER_PAGE },
      ...(below === undefined ? {} : { pageToken: below }),
    });
    onJobs(page.jobs);
    read += page.jobs.length;
    below = page.nextPageToken;
    if (below === undefined || timeOfUlid(below) < sinceMs) return { read, below: undefined };
    if (read >= most) return { read, below };
  }
}

const useMessage = ([documentId, use]: readonly [string, Use]) => ({
  documentId,
  unfinishedJobId: use.unfinishedJobId ?? "",
  scheduleId: use.scheduleId ?? "",
  ...(use.lastFinishMs === undefined ? {} : { lastFinishTime: timestampOf(use.lastFinishMs) }),
});

/** A job cannot name a document that did not exist when it was submitted, so older jobs are not read. */
export const findDocumentUses =
  (
    engine: UsesEngine,
  ): Handler<(typeof SchedulerService)["method"]["findDocumentUses"], undefined> =>
  async ({ keyId, documentIds, pageToken }) => {
    const documents = documentIds.filter(isDocumentId);
    if (!isKeyId(keyId) || documents.length === 0) {
      throw rpcError({
        reason: "MALFORMED",
        message: "key_id and document_ids must be set to valid ids",
      });
    }
    const sinceMs = Math.min(...documents.map(timeOfDocumentId));
    const uses = new Map<string, Use>(documents.map((id) => [id, {}]));
    const from = placeOf(pageToken);
    let left = JOBS_PER_CALL;
    let next: Place | undefined;
    const queues = await engine.queues();
    if (pageToken === "") {
      for (const { name } of queues) await noteSchedules(engine, keyId, name, uses);
    }
    for (const { name: queue } of queues) {
      if (queue < from.queue) continue;
      const below = queue === from.queue ? from.below : undefined;
      next = { queue, below };
      if (left <= 0) break;
      const bounds = { sinceMs, most: left };
      const done = await readQueue(engine, { keyId, queue, below }, bounds, (jobs) =>
        noteUses(uses, jobs),
      );
      left -= done.read;
      next = done.below === undefined ? undefined : { queue, below: done.below };
      if (next !== undefined) break;
    }
    return {
      uses: [...uses].filter(([, use]) => Object.keys(use).length > 0).map(useMessage),
      nextPageToken: next === undefined ? "" : `${next.queue}|${next.below ?? ""}`,
    };
  };
