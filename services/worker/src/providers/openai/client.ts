import OpenAI from "openai";
import type {
  ChatCompletionChunk,
  ChatCompletionCreateParams,
} from "openai/resources/chat/completions";
import { Stream } from "openai/streaming";
import type { Dialect } from "./quirks.ts";
import { uniformFetch } from "./uniform-fetch.ts";

export interface ClientOptions {
  /** Its query parameters are sent with every call. */
  readonly baseUrl: string;
  /** Called for each call, because the key may be rotated. */
  readonly apiKey: () => string;
  /** How long to wait for the head of a response, in milliseconds. */
  readonly timeoutMs: number;
}

export interface OpenOptions {
  readonly signal: AbortSignal;
  /** Called for whatever arrives. */
  readonly heard: () => void;
  /** Called when the server has accepted the request. */
  readonly begun: () => void;
}

/**
 * Sends a request. Returns the chunks of its answer when the first of them has arrived, also if the answer comes whole. Throws the
 * SDK's errors, also that of a server which accepts a request and refuses it in its first chunk.
 */
export type Open = (
  body: ChatCompletionCreateParams,
  options: OpenOptions,
) => Promise<AsyncIterable<ChatCompletionChunk>>;

/** Azure's address of a model has this parameter, and takes the key in a header of its own. */
export const AZURE_PARAMETER = "api-version";

/** Returns all chunks, of which the first has already been read. */
async function* continued(
  first: IteratorResult<ChatCompletionChunk, unknown>,
  others: AsyncIterator<ChatCompletionChunk, unknown, undefined>,
): AsyncGenerator<ChatCompletionChunk> {
  try {
    for (let next = first; next.done !== true; next = await others.next()) yield next.value;
  } finally {
    await others.return?.();
  }
}

export function openAiClient(
  { baseUrl, apiKey, timeoutMs: timeout }: ClientOptions,
  dialect: Dialect,
): Open {
  const { origin, pathname, searchParams } = new URL(baseUrl);
  const client = new OpenAI({
    baseURL: origin + pathname,
    defaultQuery: Object.fromEntries(searchParams),
    apiKey: async () => apiKey(),
    // Only the scheduler decides whether and when to retry.
    maxRetries: 0,
    timeout,
    // It would write to standard error, where log lines are JSON.
    logLevel: "off",
  });
  return async (body, { signal, heard, begun }) => {
    const stop = new AbortController();
    const headers = dialect.has("api-key-header")
      ? { Authorization: null, "api-key": apiKey() }
      : {};
    const response = await client
      .withOptions({ fetch: uniformFetch(heard) })
      .chat.completions.create(body, { signal: AbortSignal.any([signal, stop.signal]), headers })
      .asResponse();
    begun();
    const stream = Stream.fromSSEResponse<ChatCompletionChunk>(response, stop, client);
    const chunks = stream[Symbol.asyncIterator]();
    return continued(await chunks.next(), chunks);
  };
}
