import type { DocumentStore } from "@millrace/documents";
import {
  type BatchPayload,
  batchEndMs,
  batchEndpoints,
  documentsIn,
  estimatedTokens,
  withFiles,
} from "@millrace/job-types";
import { type Clock, jsonText, type KeyId } from "@millrace/shared";
import type { AttemptContext, ChildJob } from "@millrace/worker-sdk";
import { type Attempt, fileNotFound, requestsOf } from "./input.ts";
import type { BatchRequest } from "./request.ts";

/** The label that says which request of its batch a job is, if the id fits into a label. */
const CUSTOM_ID_LABEL = "openai.custom_id";
const LABEL_CHARS = 255;

export interface ChildrenParts {
  readonly store: DocumentStore;
  readonly clock: Pick<Clock, "nowMs">;
}

interface LineParts {
  readonly store: DocumentStore;
  readonly batch: BatchPayload;
  readonly attempt: Attempt & Pick<AttemptContext, "jobId" | "labels">;
  readonly endMs: number;
}

/** The jobs of a batch's lines, in the order of the file. None is made after the end of the batch's time. */
export async function* childrenOf(
  { store, clock }: ChildrenParts,
  batch: BatchPayload,
  attempt: LineParts["attempt"],
): AsyncGenerator<ChildJob> {
  const endMs = batchEndMs(batch, attempt.jobId);
  for await (const request of requestsOf(store, batch, attempt)) {
    if (clock.nowMs() >= endMs) return;
    yield await childOf(request, { store, batch, attempt, endMs });
  }
}

async function childOf(
  { customId, model, body }: BatchRequest,
  { store, batch, attempt, endMs }: LineParts,
): Promise<ChildJob> {
  const nameOf = async (id: string) => {
    const document = await store.get(id, attempt.keyId as KeyId);
    if (document === undefined) throw fileNotFound(id);
    return document.name;
  };
  const payload = await withFiles(body, nameOf);
  const label = customId.length <= LABEL_CHARS ? { [CUSTOM_ID_LABEL]: customId } : {};
  return {
    type: batchEndpoints[batch.endpoint],
    payload,
    priority: batch.priority,
    deadlineMs: endMs,
    documentIds: [...documentsIn(payload)],
    estimatedTokens: estimatedTokens(body, Buffer.byteLength(jsonText(payload))),
    // While the catalogue is empty each model is passed on.
    ...(batch.models === undefined ? {} : { model }),
    labels: { ...attempt.labels, ...label },
  };
}
