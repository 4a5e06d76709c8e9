import { documentOfResult } from "@millrace/job-types";
import type { Job } from "@millrace/proto/job";
import { rpcError } from "@millrace/runtime";
import type { KeyId } from "@millrace/shared";
import type { GatewayParts } from "../../gateway-parts.ts";
import { isObject, type JsonObject } from "./read-call.ts";

/** Returns the provider's object, as JSON text, digit for digit. */
export async function resultText(
  { documents }: Pick<GatewayParts, "documents">,
  { resultJson }: Pick<Job, "resultJson">,
  keyId: KeyId,
): Promise<string> {
  if (resultJson === "") return "{}";
  const id = documentOfResult(resultJson);
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
