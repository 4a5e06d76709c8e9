import type { DocumentService } from "@millrace/proto/document-service";
import { type Handler, rpcError } from "@millrace/runtime";
import type { DocumentId } from "@millrace/shared";
import type { Caller } from "../callers/caller.ts";
import { type DocumentUse, findUses } from "../documents/document-uses.ts";
import { documentNotFound, ownDocument } from "../documents/own-document.ts";
import type { GatewayParts } from "../gateway-parts.ts";

const inUse = (id: string, by: string, remedy = "wait for the job's end or cancel it") =>
  rpcError({
    reason: "DOCUMENT_IN_USE",
    message: `the document ${id} is not deleted, because ${by}: ${remedy}, and delete the document then`,
  });

export const deleteDocument =
  ({
    documents,
    scheduler,
  }: GatewayParts): Handler<typeof DocumentService.method.deleteDocument, Caller> =>
  async ({ documentId }, { identity: { keyId }, signal }) => {
    const document = await ownDocument(documents, documentId, keyId);
    const useOf = (uses: ReadonlyMap<DocumentId, DocumentUse>) => uses.get(document.id) ?? {};
    const enough = (uses: ReadonlyMap<DocumentId, DocumentUse>) => {
      const { unfinishedJobId, scheduleId } = useOf(uses);
      return unfinishedJobId !== undefined || scheduleId !== undefined;
    };
    const uses = await findUses(scheduler, keyId, [document], { signal, enough });
    const { unfinishedJobId: jobId, scheduleId } = useOf(uses);
    if (jobId !== undefined)
      throw inUse(documentId, `the job ${jobId} names it and has not finished`);
    if (scheduleId !== undefined) {
      const remedy = "delete the schedule, or change its job";
      throw inUse(documentId, `the schedule ${scheduleId} names it`, remedy);
    }
    const outcome = await documents.remove(document);
    if (outcome === "used") throw inUse(documentId, "a job has just named it");
    if (outcome === "missing") throw documentNotFound(documentId);
    return {};
  };
