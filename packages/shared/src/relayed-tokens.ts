import { relayedCalls } from "./model-provider.ts";

/** About how many bytes of English a token has. */
const BYTES_PER_TOKEN = 4;
/** What an image or another file costs about, since models scale images down. Its bytes say nothing of its tokens. */
const FILE_TOKENS = 1_000;
/** What the answer costs about if the request does not limit it. */
export const ANSWER_TOKENS = 1_024;
/** The contract's limit for an estimate. */
const MOST_TOKENS = 100_000_000;

const FILE = /^(?:data:[^,]{0,255},|document:doc_)/;
const limitFields = ["max_completion_tokens", "max_tokens", "max_output_tokens"];

type Json = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function inputTokens(value: unknown): number {
  if (typeof value === "string") {
    return FILE.test(value) ? FILE_TOKENS : Buffer.byteLength(value) / BYTES_PER_TOKEN;
  }
  if (Array.isArray(value)) {
    // Embeddings take lists of tokens, too.
    const tokens = (one: unknown) => (typeof one === "number" ? 1 : inputTokens(one));
    return value.reduce<number>((sum, one) => sum + tokens(one), 0);
  }
  if (!isObject(value)) return 0;
  // An address of an image costs as much as the image.
  const entries = Object.entries(value);
  return entries.reduce(
    (sum, [name, one]) =>
      sum + (name === "image_url" && isAddress(one) ? FILE_TOKENS : inputTokens(one)),
    0,
  );
}

const isAddress = (value: unknown): boolean =>
  typeof value === "string" || (isObject(value) && typeof value.url === "string");

const whole = (value: unknown, least: number): number | undefined =>
  typeof value === "number" && Number.isFinite(value) && value >= least ? value : undefined;

/** What a request that goes to a provider as its caller wrote it may spend. */
export interface RelayedRequest {
  readonly inputTokens: number;
  readonly answers: number;
  /** The longest answer; undefined if the request does not limit it. */
  readonly mostAnswerTokens?: number;
}

/** Counts the tokens of such a request. Returns undefined for jobs of other types, and for payloads that are no such request. */
export function relayedRequest(type: string, payloadJson: string): RelayedRequest | undefined {
  if (!(relayedCalls as readonly string[]).includes(type)) return undefined;
  let body: unknown;
  try {
    body = JSON.parse(payloadJson);
  } catch {
    return undefined;
  }
  if (!isObject(body)) return undefined;
  const most = limitFields.map((name) => whole(body[name], 1)).find((one) => one !== undefined);
  return {
    inputTokens: inputTokens(body),
    answers: type === "embeddings" ? 0 : (whole(body.n, 1) ?? 1),
    ...(most === undefined ? {} : { mostAnswerTokens: most }),
  };
}

/**
 * Estimates what a request spends that goes to a provider as its caller wrote it: its input, and the longest answers that it
 * allows. Returns undefined for jobs of other types, and for payloads that are no such request.
 */
export function relayedTokens(type: string, payloadJson: string): number | undefined {
  const request = relayedRequest(type, payloadJson);
  if (request === undefined) return undefined;
  const { inputTokens: input, answers, mostAnswerTokens = ANSWER_TOKENS } = request;
  return Math.min(MOST_TOKENS, Math.max(1, Math.ceil(input + mostAnswerTokens * answers)));
}
