import { once } from "node:events";
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import { type Clock, sleep, systemClock } from "@millrace/shared";

/** One call of `POST /v1/chat/completions`, as it arrived. */
export interface ProviderCall {
  /** Counted from 1, in order of arrival. */
  readonly number: number;
  readonly authorization: string;
  readonly model: string;
  readonly messages: readonly { readonly role: string; readonly content: string }[];
  /** The value of `max_completion_tokens`. */
  readonly maxTokens: number | undefined;
  /** The path and query, from `/v1` on. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** The whole body, parsed from JSON. */
  readonly body: Readonly<Record<string, unknown>>;
  /** Aborts when the caller disconnects before the end of the answer. */
  readonly left: AbortSignal;
}

/** How the provider answers a call. */
export type ProviderReply =
  | {
      readonly kind: "answer";
      readonly pieces: readonly string[];
      /** Default "stop". */
      readonly finishReason?: "stop" | "length" | "content_filter";
      /** Undefined: the provider reports no usage, as some do. */
      readonly usage?: { readonly prompt: number; readonly completion: number };
      /** The wait before the first byte and between pieces. */
      readonly pauseMs?: number;
      readonly headers?: Readonly<Record<string, string>>;
    }
  | {
      readonly kind: "refuse";
      readonly status: number;
      readonly code?: string;
      readonly message?: string;
      /** For example retry-after and x-ratelimit-remaining-tokens. */
      readonly headers?: Readonly<Record<string, string>>;
    }
  /**
   * Sends these chunks of the stream as they are, with `[DONE]` at the end only if it is among them. A string is one or more
   * lines of the stream, such as a comment.
   */
  | {
      readonly kind: "stream";
      readonly events: readonly (string | object)[];
      /** The wait before each chunk. */
      readonly pauseMs?: number;
    }
  /** Answers with this body, of this type. */
  | {
      readonly kind: "body";
      readonly status?: number;
      /** Default: application/json. */
      readonly type?: string;
      /** Text, or a value to send as JSON. */
      readonly body: unknown;
    }
  /** Sends some pieces, and then breaks the connection, ends normally as if complete, or hangs for ever. */
  | {
      readonly kind: "breakOff";
      readonly pieces: readonly string[];
      readonly how: "reset" | "end" | "hang";
    }
  /** Accepts the call and never sends a byte. */
  | { readonly kind: "silence" };

/**
 * Decides how to answer each call. It is a plain function, so that a test can limit the rate, or lose every third
 * call.
 */
export type ProviderBehaviour = (call: ProviderCall) => ProviderReply | Promise<ProviderReply>;

export interface ProviderSimulator extends AsyncDisposable {
  /** The value for OPENAI_BASE_URL. */
  readonly url: string;
  /** All calls so far. */
  readonly calls: readonly ProviderCall[];
  /** Sets the behaviour from the next call on. */
  behave(behaviour: ProviderBehaviour): void;
  /** Resolves when this many calls have arrived in all. */
  called(count: number): Promise<ProviderCall>;
}

export const answer = (...pieces: string[]): ProviderReply => ({
  kind: "answer",
  pieces,
  usage: { prompt: 7, completion: pieces.length },
});

export const refuse = (
  status: number,
  code: string,
  headers: Readonly<Record<string, string>> = {},
): ProviderReply => ({ kind: "refuse", status, code, headers });

const event = (data: unknown) =>
  `data: ${typeof data === "string" ? data : JSON.stringify(data)}\n\n`;
const chunk = (choices: readonly unknown[], more: object = {}) =>
  event({ id: "c", object: "chat.completion.chunk", created: 0, model: "m", choices, ...more });
const delta = (content: string) => chunk([{ index: 0, delta: { content }, finish_reason: null }]);

/** One chunk of a stream, with what the model adds to its message, and how the answer ended. */
export const answerChunk = (
  delta: object,
  finish: string | null = null,
  more: object = {},
): object => ({
  ...{ id: "c", object: "chat.completion.chunk", created: 0, model: "m", ...more },
  choices: [{ index: 0, delta, finish_reason: finish }],
});

async function callOf(
  number: number,
  request: IncomingMessage,
  left: AbortSignal,
): Promise<ProviderCall> {
  const body = JSON.parse(Buffer.concat(await request.toArray()).toString()) as {
    readonly model: string;
    readonly messages: ProviderCall["messages"];
    readonly max_completion_tokens?: number;
  };
  const { headers, url: path = "" } = request;
  const { authorization = "" } = headers;
  const { model, messages, max_completion_tokens: maxTokens } = body;
  return {
    ...{ number, authorization, model, messages, maxTokens, left },
    ...{ path, headers, body: { ...body } },
  };
}

async function sendStream(
  response: ServerResponse,
  { events, pauseMs }: Extract<ProviderReply, { kind: "stream" }>,
  left: AbortSignal,
  clock: Clock,
): Promise<void> {
  response.writeHead(200, { "content-type": "text/event-stream" });
  response.flushHeaders();
  for (const one of events) {
    if (pauseMs !== undefined) await sleep(clock, pauseMs, left);
    const text = typeof one === "string" ? one : event(one);
    await new Promise((resolve) => response.write(text, resolve));
  }
  response.end();
}

async function reply(
  response: ServerResponse,
  how: ProviderReply,
  left: AbortSignal,
  clock: Clock,
): Promise<void> {
  if (how.kind === "silence") return;
  if (how.kind === "refuse") {
    const { status, code, message = "refused by the simulator", headers } = how;
    response.writeHead(status, { "content-type": "application/json", ...headers });
    response.end(JSON.stringify({ error: { message, code, type: code } }));
    return;
  }
  if (how.kind === "body") {
    const { status = 200, type = "application/json", body } = how;
    response.writeHead(status, { "content-type": type });
    response.end(typeof body === "string" ? body : JSON.stringify(body));
    return;
  }
  if (how.kind === "stream") return sendStream(response, how, left, clock);
  const pause = async () => {
    if (how.kind === "answer" && how.pauseMs !== undefined) await sleep(clock, how.pauseMs, left);
  };
  await pause();
  response.writeHead(200, {
    "content-type": "text/event-stream",
    ...(how.kind === "answer" ? how.headers : {}),
  });
  response.flushHeaders();
  for (const piece of how.pieces) {
    // Waits until the piece is sent, because a reset would drop what is still buffered.
    await new Promise((resolve) => response.write(delta(piece), resolve));
    await pause();
  }
  if (how.kind === "breakOff") {
    if (how.how === "reset") response.destroy();
    else if (how.how === "end") response.end();
    return;
  }
  response.write(chunk([{ index: 0, delta: {}, finish_reason: how.finishReason ?? "stop" }]));
  if (how.usage !== undefined) {
    const { prompt, completion } = how.usage;
    const usage = {
      ...{ prompt_tokens: prompt, completion_tokens: completion },
      total_tokens: prompt + completion,
    };
    response.write(chunk([], { usage }));
  }
  response.end(event("[DONE]"));
}

/** A model provider on this machine that speaks OpenAI's protocol with streaming, and fails as a test tells it to. */
export async function startProviderSimulator(
  first: ProviderBehaviour = () => answer("The mill", " turns."),
  clock: Clock = systemClock,
): Promise<ProviderSimulator> {
  let behaviour = first;
  const calls: ProviderCall[] = [];
  const waiting = new Set<() => void>();
  let arrived = 0;
  const server = createServer(async (request, response) => {
    const left = new AbortController();
    response.on("close", () => {
      if (!response.writableFinished) left.abort();
    });
    arrived += 1;
    const call = await callOf(arrived, request, left.signal);
    calls.push(call);
    for (const look of waiting) look();
    // A caller that has disconnected gets no answer.
    await reply(response, await behaviour(call), left.signal, clock).catch(() =>
      response.destroy(),
    );
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    calls,
    behave(next) {
      behaviour = next;
    },
    called: (count) =>
      new Promise((resolve) => {
        const look = () => {
          const call = calls[count - 1];
          if (call === undefined) return;
          waiting.delete(look);
          resolve(call);
        };
        waiting.add(look);
        look();
      }),
    async [Symbol.asyncDispose]() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
