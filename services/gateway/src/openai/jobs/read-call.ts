import { rpcError } from "@millrace/runtime";
import { limits } from "@millrace/shared";

export type JsonObject = Readonly<Record<string, unknown>>;

/** The body of a call of OpenAI's API, of which Millrace reads only what it must know. */
export interface ModelCall {
  /** As the caller wrote it. */
  readonly text: string;
  /** The same, parsed. */
  readonly sent: JsonObject;
  /** What is left of it for the provider. */
  readonly body: JsonObject;
  readonly model: string;
  readonly stream: boolean;
}

const MODEL_CHARS = 128;

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

export const malformed = (field: string, description: string) =>
  rpcError({
    reason: "MALFORMED",
    message: `${field}: ${description}`,
    violations: [{ field, description }],
  });

async function textOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of body) {
    bytes += piece.length;
    if (bytes > limits.payloadBytes) {
      const message = `the body is larger than the limit of ${limits.payloadBytes} bytes: upload images and files by /v1/files, and name them by their id`;
      throw rpcError({ reason: "TOO_LARGE", message });
    }
    pieces.push(piece);
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(Buffer.concat(pieces, bytes));
  } catch (cause) {
    throw rpcError({ reason: "MALFORMED", message: "the body is not valid UTF-8", cause });
  }
}

/** Reads a JSON object of the size that a job's payload may have. One that is optional is empty if there is none. */
export async function readBody(
  source: AsyncIterable<Uint8Array>,
  { optional = false } = {},
): Promise<{ readonly text: string; readonly body: JsonObject }> {
  const text = await textOf(source);
  if (optional && text === "") return { text, body: {} };
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch (cause) {
    const message = `the body is not valid JSON: ${(cause as Error).message}`;
    throw rpcError({ reason: "MALFORMED", message, cause });
  }
  if (isObject(body)) return { text, body };
  throw rpcError({ reason: "MALFORMED", message: "the body must be a JSON object" });
}

/** Reads a call of a model. Fields that Millrace does not know are left to the provider. */
export async function readCall(source: AsyncIterable<Uint8Array>): Promise<ModelCall> {
  const { text, body } = await readBody(source);
  const { model, stream } = body;
  if (typeof model !== "string" || model === "" || model.length > MODEL_CHARS) {
    throw malformed("model", `must be the name of a model, of at most ${MODEL_CHARS} characters`);
  }
  if (![undefined, null, true, false].includes(stream as boolean)) {
    throw malformed("stream", "must be true or false");
  }
  return { text, sent: body, body, model, stream: stream === true };
}
