import { rpcError } from "@millrace/runtime";
import { jsonText, limits } from "@millrace/shared";
import type { GatewayParts } from "../../gateway-parts.ts";
import { withFiles } from "./file-references.ts";
import { type JsonObject, type ModelCall, malformed } from "./read-call.ts";
import type { Context } from "./run-job.ts";

/** A job's payload. */
export interface Payload {
  readonly text: string;
  readonly body: JsonObject;
}

/**
 * Writes the payload of a call. If `body` is what the caller sent and names no file, it is the caller's own text. Throws
 * TOO_LARGE, and DOCUMENT_NOT_FOUND for a file that there is not.
 */
export async function payloadText(
  { documents }: Pick<GatewayParts, "documents">,
  { text, sent, body }: Pick<ModelCall, "text" | "body" | "sent">,
  { identity }: Context,
): Promise<Payload> {
  const whole = await withFiles(documents, body, identity.keyId);
  if (whole === sent) return { text, body };
  return { text: textOf(whole), body: whole };
}

/** A call with the payload of its job. */
export const withPayload = async (
  parts: Pick<GatewayParts, "documents">,
  call: ModelCall,
  context: Context,
): Promise<ModelCall> => ({ ...call, ...(await payloadText(parts, call, context)) });

function textOf(body: JsonObject): string {
  let text: string;
  try {
    text = jsonText(body);
  } catch {
    throw malformed("input", "is nested too deeply");
  }
  if (Buffer.byteLength(text) <= limits.payloadBytes) return text;
  const message = `the request, with the responses before it, is larger than the limit of ${limits.payloadBytes} bytes`;
  throw rpcError({ reason: "TOO_LARGE", message });
}
