import type { RelayedCall } from "@millrace/shared";
import type { Json } from "./client.ts";
import type { Dialect } from "./quirks.ts";

export interface RelayBodyParts {
  readonly call: RelayedCall;
  /** As the caller wrote it. */
  readonly body: Json;
  readonly model: string;
  /** The longest answer that the account allows, in tokens; undefined: any. */
  readonly maxOutputTokens: number | undefined;
}

/**
 * Fields that are Millrace's. Metadata are the job's labels, and OpenAI takes them only with `store`. A background answer would
 * be one that nobody waits for here, while the job is that already.
 */
const own = new Set(["model", "stream", "metadata", "background"]);

const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The field for the length of an answer, and its value. */
function lengthLimit(dialect: Dialect, { call, body, maxOutputTokens }: RelayBodyParts): Json {
  if (call === "embeddings") return {};
  const names =
    call === "responses" ? ["max_output_tokens"] : ["max_completion_tokens", "max_tokens"];
  const written = names.find((name) => typeof body[name] === "number");
  const wanted = written === undefined ? undefined : Number(body[written]);
  const limit = Math.min(
    ...[wanted, maxOutputTokens].filter((one) => one !== undefined),
    Number.POSITIVE_INFINITY,
  );
  if (!Number.isFinite(limit)) return {};
  const usual = dialect.has("max-tokens") ? "max_tokens" : "max_completion_tokens";
  if (call === "responses") return { max_output_tokens: limit };
  return { [dialect.has("max-tokens") ? usual : (written ?? usual)]: limit };
}

/** Writes a relayed request: its caller's body, with what is Millrace's. */
export function relayBody(dialect: Dialect, parts: RelayBodyParts): Json {
  const { call, body, model } = parts;
  const { max_tokens: _, max_completion_tokens: __, max_output_tokens: ___, ...rest } = body;
  const kept = Object.entries(call === "embeddings" ? body : rest).filter(
    ([name]) => !own.has(name),
  );
  const written = { ...Object.fromEntries(kept), model, ...lengthLimit(dialect, parts) };
  if (call === "embeddings") return written;
  const { stream_options: options, ...others } = written as Json;
  if (dialect.has("no-stream")) return { ...others, stream: false };
  const streamOptions = {
    ...(isObject(options) ? options : {}),
    ...(call === "chat.completions" ? { include_usage: true } : {}),
  };
  const isNeeded = Object.keys(streamOptions).length > 0 && !dialect.has("no-stream-options");
  return { ...others, stream: true, ...(isNeeded ? { stream_options: streamOptions } : {}) };
}
