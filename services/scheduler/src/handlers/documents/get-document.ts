import type { WorkerService } from "@millrace/proto/worker-service";
import type { Handler } from "@millrace/runtime";
import { documentMessage } from "../../messages/document-message.ts";
import type { WorkerPass } from "../../tokens/worker-tokens.ts";
import { type LeasedDocumentParts, leasedDocument } from "./leased-document.ts";

export const getDocument =
  (
    parts: LeasedDocumentParts,
  ): Handler<(typeof WorkerService)["method"]["getDocument"], WorkerPass> =>
  async (request, context) => ({
    document: documentMessage((await leasedDocument(parts, request, context)).document),
  });
