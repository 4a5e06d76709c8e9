import type { Job } from "@millrace/proto/job";
import { rpcError } from "@millrace/runtime";
import { isDocumentId, type KeyId } from "@millrace/shared";
import type { GatewayParts } from "../../gateway-parts.ts";
import { isObject, type JsonObject } from "./read-call.ts";

/** What is returned in place of an object that is longer than a result may be. */
const REFERENCE = "millrace.document";
/** A reference is never longer than this. */
const REFERENCE_CHARS = 200;

/** The document that holds the provider's object, if the result only refers to it. */
function documentOf(resultJson: string): string | undefined {
  if (resultJson.length > REFERENCE_CHARS) return undefined;
  const result: unknown = JSON.parse(resultJson);
  if (!isObject(result) || result.object !== REFERENCE) return undefined;
  const { document_id: id } = result;
  return typeof id === "string" && isDocumentId(id) ? id : undefined;
}

/** Returns the provider's object, as JSON text, digit for digit. */
export async function resultText(
  { documents }: Pick<GatewayParts, "documents">,
  { resultJson }: Pick<Job, "resultJson">,
  keyId: KeyId,
): Promise<string> {
  if (resultJson === "") return "{}";
  const id = documentOf(resultJson);
  if (id === undefined) return resultJson;
  const document = await documents.get(id, keyId);
  if (document === undefined) {
    const message = `the result was stored as document ${id}, which is gone`;
    throw rpcError({ reason: "DOCUMENT_NOT_FOUND", message });
  }
  const pieces: Uint8Array[] = [];
  for await (const piece of documents.read(document)) pieces.push(piece);
  return Buffer.concat(pieces).toString("utf8");
}

/** The provider's object. A result that is no object counts as an empty one. */
export async function resultObject(
  parts: Pick<GatewayParts, "documents">,
  job: Pick<Job, "resultJson">,
  keyId: KeyId,
): Promise<JsonObject> {
  const result: unknown = JSON.parse(await resultText(parts, job, keyId));
  return isObject(result) ? result : {};
}
