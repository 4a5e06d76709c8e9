import OpenAI, { APIConnectionError, APIError } from "openai";
import type {
  ChatCompletionChunk,
  ChatCompletionCreateParams,
} from "openai/resources/chat/completions";
import { Stream } from "openai/streaming";
import type { Refusal } from "../error-status.ts";
import { heardFetch, type TraceHttp } from "../heard-fetch.ts";
import type { Dialect } from "./quirks.ts";
import { uniformFetch, type WholeAnswers } from "./uniform-fetch.ts";

export interface ClientOptions {
  /** Its query parameters are sent with every call. */
  readonly baseUrl: string;
  /** Called for each call, because the key may be rotated. Empty: the server needs none. */
  readonly apiKey: () => string;
  readonly headers: Readonly<Record<string, string>> | undefined;
  /** How long to wait for the head of a response, in milliseconds. */
  readonly timeoutMs: number;
  readonly traceHttp: TraceHttp | undefined;
  /** Whether the SDK reads the account's organization and project from OPENAI_ORG_ID and OPENAI_PROJECT_ID. */
  readonly environment: "read" | "ignored";
}

export interface OpenOptions {
  readonly signal: AbortSignal;
  /** Called for whatever arrives. */
  readonly heard: () => void;
  /** Called when the server has accepted the request. */
  readonly begun: () => void;
}

export type Json = Readonly<Record<string, unknown>>;

/** An answer as the server sent it: a stream of events, or whole. */
export type Answered =
  | { readonly kind: "events"; readonly events: AsyncIterable<Json> }
  | { readonly kind: "whole"; readonly text: string };

export interface OpenAiClient {
  /**
   * Sends a request for chat completions. Returns the chunks of its answer when the first of them has arrived, also if the answer
   * comes whole. Throws the SDK's errors, also that of a server which accepts a request and refuses it in its first chunk.
   */
  complete(
    body: ChatCompletionCreateParams,
    options: OpenOptions,
  ): Promise<AsyncIterable<ChatCompletionChunk>>;
  /** Sends any request. Returns its answer when the first event of it has arrived, or all of it. Throws the SDK's errors. */
  send(path: string, body: Json, options: OpenOptions): Promise<Answered>;
}

/** Azure's older address of a model has this parameter. Azure takes the key in a header of its own. */
const AZURE_PARAMETER = "api-version";
const AZURE_HOST = /\.(openai|cognitiveservices)\.azure\.com$/;

export const isAzure = (baseUrl: string): boolean => {
  const { searchParams, hostname } = new URL(baseUrl);
  return searchParams.has(AZURE_PARAMETER) || AZURE_HOST.test(hostname);
};

/** Returns the error that a server has answered with; undefined if the connection failed. */
export const refusalOf = (error: unknown): Refusal | undefined =>
  error instanceof APIError && !(error instanceof APIConnectionError) ? error : undefined;

/** Returns all chunks, of which the first has already been read. */
async function* continued<Chunk>(
  first: IteratorResult<Chunk, unknown>,
  others: AsyncIterator<Chunk, unknown, undefined>,
): AsyncGenerator<Chunk> {
  try {
    for (let next = first; next.done !== true; next = await others.next()) yield next.value;
  } finally {
    await others.return?.();
  }
}

export function openAiClient(options: ClientOptions, dialect: Dialect): OpenAiClient {
  const { baseUrl, apiKey, headers: ownHeaders = {}, timeoutMs: timeout, traceHttp } = options;
  const { origin, pathname, searchParams } = new URL(baseUrl);
  const client = new OpenAI({
    baseURL: origin + pathname,
    defaultQuery: Object.fromEntries(searchParams),
    defaultHeaders: ownHeaders,
    // The SDK takes no empty key, also if none is sent.
    apiKey: async () => apiKey() || "none",
    ...(options.environment === "ignored" ? { organization: null, project: null } : {}),
    // Only the scheduler decides whether and when to retry.
    maxRetries: 0,
    timeout,
    // It would write to standard error, where log lines are JSON.
    logLevel: "off",
  });
  const headers = () => {
    const key = apiKey();
    if (key === "") return { Authorization: null };
    return dialect.has("api-key-header") ? { Authorization: null, "api-key": key } : {};
  };
  const fetching = (heard: () => void, whole: WholeAnswers) =>
    client.withOptions({ fetch: uniformFetch(heardFetch(heard, traceHttp), whole) });

  async function chunksOf<Chunk>(response: Response, stop: AbortController) {
    const stream = Stream.fromSSEResponse<Chunk>(response, stop, client);
    const chunks = stream[Symbol.asyncIterator]();
    return continued(await chunks.next(), chunks);
  }

  return {
    async complete(body, { signal, heard, begun }) {
      const stop = new AbortController();
      const request = { signal: AbortSignal.any([signal, stop.signal]), headers: headers() };
      const response = await fetching(heard, "as events")
        .chat.completions.create(body, request)
        .asResponse();
      begun();
      return chunksOf<ChatCompletionChunk>(response, stop);
    },
    async send(path, body, { signal, heard, begun }) {
      const stop = new AbortController();
      const either = AbortSignal.any([signal, stop.signal]);
      const response = await fetching(heard, "as they are")
        .post(path, { body, signal: either, headers: headers() })
        .asResponse();
      begun();
      const type = response.headers.get("content-type") ?? "";
      if (!type.includes("event-stream")) return { kind: "whole", text: await response.text() };
      return { kind: "events", events: await chunksOf<Json>(response, stop) };
    },
  };
}
