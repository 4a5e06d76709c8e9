import type { DocumentStore } from "@millrace/documents";
import type { JobSpec } from "@millrace/proto/job";
import { checkJob, rpcError } from "@millrace/runtime";
import { type KeyId, parseJobId, readingTypes } from "@millrace/shared";
import { groupNotFound } from "../callers/own-group.ts";
import { documentNotFound } from "../documents/own-document.ts";
import type { GroupPriorities } from "../grouping/group-priorities.ts";
import { assertCallersQueue } from "./callers-queue.ts";

/**
 * Checks a caller's job, and completes it with what its group gives it. Throws why the job is refused. Returns a promise
 * only if something must be looked up.
 */
export type JobPreparer = (keyId: KeyId, spec: JobSpec, nowMs: number) => Promise<void> | undefined;

export interface JobPreparerOptions {
  readonly documents: Pick<DocumentStore, "use">;
  readonly priorities: Pick<GroupPriorities, "of">;
}

export function jobPreparer({ documents, priorities }: JobPreparerOptions): JobPreparer {
  const lookUp = async (keyId: KeyId, spec: JobSpec) => {
    for (const id of spec.documentIds) {
      const document = await documents.use(id, keyId);
      if (document === undefined) throw documentNotFound(id);
      const { unreadable } = document;
      if (unreadable !== undefined && readingTypes.has(spec.type)) {
        const { reason, problem } = unreadable;
        throw rpcError({ reason, message: `the document ${id} ${problem}` });
      }
    }
    if (spec.groupId === "") return;
    assertMayJoin(keyId, spec);
    if (spec.priority !== undefined) return;
    const priority = await priorities.of(keyId, spec.groupId);
    if (priority !== undefined) spec.priority = priority;
  };
  return (keyId, spec, nowMs) => {
    checkJob(spec, nowMs);
    assertCallersQueue(spec.queue);
    const isComplete = spec.documentIds.length === 0 && spec.groupId === "";
    return isComplete ? undefined : lookUp(keyId, spec);
  };
}

/** A group's id names its key and its queue. Only the scheduler knows whether the group is open. */
function assertMayJoin(keyId: KeyId, { groupId, queue }: JobSpec): void {
  const parts = parseJobId(groupId);
  if (parts?.keyId !== keyId) throw groupNotFound(groupId);
  if (parts.queue === queue) return;
  const description = `names a group of queue ${parts.queue}, but the job's queue is ${queue}: a group and its jobs have one queue`;
  throw rpcError({
    reason: "MALFORMED",
    message: `group_id: ${description}`,
    violations: [{ field: "group_id", description }],
  });
}
