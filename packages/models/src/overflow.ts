/** Reads from a refusal that a request was too large for the model, and how large it may be. */
import { type Refusal, statusOf } from "./error-status.ts";

export interface Overflow {
  /** The tokens of input and answer together that the model can hold. */
  readonly contextTokens: number | undefined;
  /** The tokens of the input as the server counted them. */
  readonly inputTokens: number | undefined;
}

const N = "([\\d,]+)";
/** How servers name the size of a context. The first that fits counts. */
const contexts = [
  `maximum (?:context|prompt|model) length (?:is|of)(?: only)? ${N}`,
  `context length (?:is|of)(?: only)? ${N}`,
  `${N} maximum context length`,
  `model's context length \\(${N}`,
  `context (?:size|window|length)(?: of| is|:)? \\(?${N}`,
  `maximum number of tokens allowed \\(${N}`,
  `configured limit of ${N}`,
  `max_model_len\\D{1,3}${N}`,
  `> ${N} maximum`,
  `exceed context limit: [\\d,]+ \\+ [\\d,]+ > ${N}`,
  `must be <= ${N}\\. Given: [\\d,]+ .inputs`,
  `Request too large.*Limit:? ${N}, Requested`,
].map((pattern) => new RegExp(pattern, "i"));

const inputs = [
  `${N}(?: tokens)? in the messages`,
  `messages resulted in ${N} tokens`,
  `prompt contains ${N} tokens`,
  `(?:passed|has|have) ${N} input tokens`,
  `input token count \\(${N}`,
  `prompt is too long: ${N} tokens`,
  `exceed context limit: ${N} \\+`,
  `(?:input|request|prompt) \\((?:length )?${N}(?: tokens)?\\)`,
  `Given: ${N} .inputs`,
  `request contains ${N} tokens`,
].map((pattern) => new RegExp(pattern, "i"));

/** What servers say if they name no size. */
const tooLong =
  /context (?:length|size|window)|(?:prompt|input|request) (?:is )?too (?:long|large)|reduce the length|too many (?:input )?tokens/i;
const codes = new Set(["context_length_exceeded", "exceed_context_size_error"]);
const statuses = new Set([400, 413, 422, 500]);

const numberOf = (text: string | undefined): number | undefined => {
  const value = Number(text?.replaceAll(",", ""));
  return Number.isInteger(value) && value > 0 ? value : undefined;
};

const firstOf = (patterns: readonly RegExp[], message: string): number | undefined =>
  numberOf(patterns.map((pattern) => pattern.exec(message)?.[1]).find((found) => found));

/** Returns undefined for another refusal. A request that is larger than a limit for each minute is too large as well. */
export function overflowOf(refusal: Refusal): Overflow | undefined {
  const { code, type, message, error } = refusal;
  const status = statusOf(refusal) ?? 0;
  const isOverRate = (status === 429 || status === 413) && /Request too large/i.test(message);
  if (!isOverRate && !statuses.has(status)) return undefined;
  const told = (error ?? {}) as { readonly n_ctx?: unknown; readonly n_prompt_tokens?: unknown };
  const contextTokens = numberOf(String(told.n_ctx ?? "")) ?? firstOf(contexts, message);
  const named = codes.has(String(code)) || codes.has(String(type)) || isOverRate;
  if (!named && contextTokens === undefined && !(tooLong.test(message) && status !== 500)) {
    return undefined;
  }
  const inputTokens = numberOf(String(told.n_prompt_tokens ?? "")) ?? firstOf(inputs, message);
  return { contextTokens, inputTokens };
}

/** How servers name the longest answer that they allow. */
const answers = [
  `at most ${N} (?:completion|output) tokens`,
  `range of max_(?:completion_)?tokens is \\[\\d+, ?${N}\\]`,
  `max_(?:completion_)?tokens.{0,20} must be (?:less than or equal to|at most|<=) .?${N}`,
  `max_(?:completion_)?tokens: [\\d,]+ > ${N}`,
].map((pattern) => new RegExp(pattern, "i"));

/** Returns the longest answer that a server allows, if it refused a request for that. */
export function longestAnswerOf(refusal: Refusal): number | undefined {
  const status = statusOf(refusal);
  return status === 400 || status === 422 ? firstOf(answers, refusal.message) : undefined;
}
