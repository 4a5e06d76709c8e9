import {
  type BatchError,
  type BatchPayload,
  batchEndpoints,
  relayedPayloads,
} from "@millrace/job-types";
import { issueWords } from "@millrace/runtime";
import { jsonText, limits } from "@millrace/shared";
import { z } from "zod";
import type { Line } from "./lines.ts";

export type Json = Readonly<Record<string, unknown>>;

/** One request of a batch. */
export interface BatchRequest {
  readonly customId: string;
  readonly model: string;
  readonly body: Json;
}

const CUSTOM_ID_CHARS = 512;
const MODEL_CHARS = 128;
/** What a line has besides its body, at most. */
const ENVELOPE_BYTES = 16_384;
/** The length of a line. Beyond it the body would not be a payload, in whichever way it is written. */
export const LINE_BYTES = 2 * limits.payloadBytes + ENVELOPE_BYTES;

const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

type Problem = Omit<BatchError, "line">;
const problem = (code: string, message: string, param: string | null = null): Problem => ({
  ...{ code, message, param },
});

type Checked = { readonly request: BatchRequest } | { readonly problem: Problem };

/** What is wrong with the body of a request, before the provider sees it. */
function problemOfBody(
  body: Json,
  { endpoint, models }: Pick<BatchPayload, "endpoint" | "models">,
): Problem | undefined {
  const { model, stream, background, previous_response_id: previous } = body;
  if (typeof model !== "string" || model === "" || model.length > MODEL_CHARS) {
    const message = `body.model must be the name of a model, of at most ${MODEL_CHARS} characters`;
    return problem("invalid_request", message, "body.model");
  }
  if (models !== undefined && !models.includes(model)) {
    return problem("model_not_found", `there is no model ${JSON.stringify(model)}`, "body.model");
  }
  if (stream === true || background === true) {
    const field = stream === true ? "stream" : "background";
    return problem("invalid_request", `body.${field} must not be true in a batch`, `body.${field}`);
  }
  if (previous !== undefined && previous !== null) {
    const param = "body.previous_response_id";
    return problem("invalid_request", `${param} is not supported in a batch`, param);
  }
  const parsed = relayedPayloads[batchEndpoints[endpoint]].safeParse(body, { error: issueWords });
  const issue = parsed.error?.issues[0];
  if (issue !== undefined) {
    const param = `body.${z.core.toDotPath(issue.path)}`;
    return problem("invalid_request", `${param} ${issue.message}`, param);
  }
  let bytes: number;
  try {
    bytes = Buffer.byteLength(jsonText(body));
  } catch {
    return problem("invalid_request", "body is nested too deeply", "body");
  }
  if (bytes <= limits.payloadBytes) return undefined;
  const message = `body has ${bytes} bytes; the limit is ${limits.payloadBytes}: upload images and files, and name them by their id`;
  return problem("request_too_large", message, "body");
}

/** Reads a line that was checked, or says what is wrong with it. Nothing is known of other lines here. */
export function readRequest(line: Line, batch: BatchPayload): Checked {
  if (line.text === undefined) {
    return line.problem === "tooLong"
      ? { problem: problem("request_too_large", `the line is longer than ${LINE_BYTES} bytes`) }
      : { problem: problem("invalid_json_line", "the line is not valid UTF-8") };
  }
  let value: unknown;
  try {
    value = JSON.parse(line.text);
  } catch {
    return { problem: problem("invalid_json_line", "the line is not valid JSON") };
  }
  if (!isObject(value)) return { problem: problem("invalid_json_line", "must be a JSON object") };
  const { custom_id: customId, method, url, body } = value;
  if (typeof customId !== "string" || customId === "" || customId.length > CUSTOM_ID_CHARS) {
    const message = `custom_id must be a text of 1 to ${CUSTOM_ID_CHARS} characters`;
    return { problem: problem("invalid_custom_id", message, "custom_id") };
  }
  if (method !== "POST") {
    return { problem: problem("invalid_method", "method must be POST", "method") };
  }
  if (url !== batch.endpoint) {
    const message = `url must be ${batch.endpoint}, the endpoint of the batch`;
    return { problem: problem("invalid_url", message, "url") };
  }
  if (!isObject(body)) {
    return { problem: problem("invalid_request", "body must be an object", "body") };
  }
  const wrong = problemOfBody(body, batch);
  if (wrong !== undefined) return { problem: wrong };
  return { request: { customId, model: String(body.model), body } };
}
