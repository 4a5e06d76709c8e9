/** Puts the provider's object together from the events of its stream, as it would answer without one. */
import { ProviderFault, type RelayedCall } from "@millrace/shared";
import { noAnswer, unanswered } from "../call-fault.ts";
import type { Json } from "./client.ts";
import { meaningOf } from "./ending.ts";
import { mergeDelta } from "./merge-delta.ts";

export interface Assembly {
  add(event: Json): void;
  /** Returns the object when the stream has ended. Throws a ProviderFault if the answer has failed, or is not complete. */
  end(): Json;
}

const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const objectsIn = (value: unknown): Json[] => (Array.isArray(value) ? value.filter(isObject) : []);

const brokenOff = () => unanswered("ANSWER_BROKEN_OFF", "The model provider broke off its answer.");

const textOf = (value: unknown, otherwise: string): string =>
  typeof value === "string" && value !== "" ? value : otherwise;

interface Choice {
  readonly message: Record<string, unknown>;
  finish: unknown;
  readonly rest: Record<string, unknown>;
}

class ChatAssembly implements Assembly {
  readonly #top: Record<string, unknown> = {};
  readonly #choices = new Map<number, Choice>();
  readonly #endless: boolean;

  /** `endless`: the server does not say how an answer has ended. */
  constructor(endless: boolean) {
    this.#endless = endless;
  }

  add({ choices, object: _, ...top }: Json): void {
    for (const [name, value] of Object.entries(top)) {
      // The last chunk has the usage, and Azure's first one has an empty id.
      if (value !== null && value !== "") this.#top[name] = value;
    }
    for (const { index, delta, finish_reason: finish, ...rest } of objectsIn(choices)) {
      const at = typeof index === "number" ? index : 0;
      const choice = this.#choices.get(at) ?? { message: {}, finish: undefined, rest: {} };
      this.#choices.set(at, choice);
      if (isObject(delta)) mergeDelta(choice.message, delta);
      choice.finish = finish ?? choice.finish;
      mergeDelta(choice.rest, rest);
    }
  }

  end(): Json {
    const choices = [...this.#choices].sort(([one], [other]) => one - other);
    const isCut = choices.some(([, { finish }]) => typeof finish !== "string");
    if (choices.length === 0 || (isCut && !this.#endless)) throw brokenOff();
    const { usage, ...top } = this.#top;
    const chat = {
      ...{ ...top, object: "chat.completion" },
      choices: choices.map(([index, { message, finish, rest }]) => ({
        index,
        message: {
          ...{ role: "assistant", content: null, ...message },
          ...toolCallsOf(message),
        },
        ...{ logprobs: null, ...rest, finish_reason: finish ?? "stop" },
      })),
      ...(usage === undefined ? {} : { usage }),
    };
    assertChat(chat);
    return chat;
  }
}

/** In a whole answer, calls of tools have no index: their order is the list's. */
function toolCallsOf({ tool_calls: calls }: Json): Json {
  if (!Array.isArray(calls)) return {};
  const sorted = objectsIn(calls).toSorted((a, b) => Number(a.index ?? 0) - Number(b.index ?? 0));
  return { tool_calls: sorted.map(({ index: _, ...call }) => call) };
}

/** Throws a ProviderFault for an object that is no answer of the model, whatever its status is. */
function assertChat({ choices }: Json): void {
  if (objectsIn(choices).length === 0) {
    throw unanswered("ANSWER_FAILED", "The model provider's answer has no choices.");
  }
  for (const { finish_reason: finish } of objectsIn(choices)) {
    const meaning = typeof finish === "string" ? meaningOf(finish) : "stop";
    if (meaning === "failed") {
      throw unanswered("ANSWER_FAILED", "The model provider ended its answer by an error.");
    }
    if (meaning === "aborted") {
      throw unanswered("ANSWER_BROKEN_OFF", "The model provider aborted its answer.");
    }
  }
}

/** The codes with which a response fails because of its request, so that no other attempt helps. */
const filtered = new Set(["invalid_prompt", "content_filter", "content_policy_violation"]);
const transient = new Set(["server_error", "rate_limit_exceeded", "vector_store_timeout"]);

function responseFault({ code, message }: Json): ProviderFault {
  const words = textOf(message, textOf(code, "it gave no reason"));
  if (filtered.has(String(code))) {
    return noAnswer("ANSWER_FILTERED", `The model provider's content filter: ${words}`);
  }
  const known = typeof code === "string" && code !== "";
  const isLoad = code === "rate_limit_exceeded";
  if (known && !transient.has(code)) {
    return new ProviderFault(`The model provider refused the call: ${words}`, {
      ...{ reason: "PROVIDER_BAD_REQUEST", retryable: false, httpStatus: 400 },
      ...{ quotaExhausted: code === "insufficient_quota", rateLimitHeaders: {} },
    });
  }
  const message_ = `The model provider ended its answer by an error: ${words}`;
  return unanswered(
    isLoad ? "PROVIDER_ERROR" : "ANSWER_FAILED",
    message_,
    undefined,
    isLoad ? 429 : 0,
  );
}

/** Throws a ProviderFault for a response that has failed, or has not ended. */
function assertResponse({ status, error }: Json): void {
  if (status === "failed") throw responseFault(isObject(error) ? error : {});
  if (status === "cancelled" || status === "in_progress" || status === "queued") throw brokenOff();
}

class ResponseAssembly implements Assembly {
  #response: Json | undefined;

  add({ type, response, ...event }: Json): void {
    if (type === "error") throw responseFault(isObject(event.error) ? event.error : event);
    const isLast = ["response.completed", "response.incomplete", "response.failed"].includes(
      String(type),
    );
    if (isLast && isObject(response)) this.#response = response;
  }

  end(): Json {
    if (this.#response === undefined) throw brokenOff();
    assertResponse(this.#response);
    return this.#response;
  }
}

class EmbeddingAssembly implements Assembly {
  add(): void {}

  end(): Json {
    throw unanswered("ANSWER_FAILED", "The model provider streams its embeddings.");
  }
}

function assertEmbeddings({ data }: Json): void {
  if (objectsIn(data).length === 0) {
    throw unanswered("ANSWER_FAILED", "The model provider's answer has no embeddings.");
  }
}

const assertions: Readonly<Record<RelayedCall, (object: Json) => void>> = {
  "chat.completions": assertChat,
  responses: assertResponse,
  embeddings: assertEmbeddings,
};

export function assemblyOf(call: RelayedCall, endless: boolean): Assembly {
  if (call === "chat.completions") return new ChatAssembly(endless);
  return call === "responses" ? new ResponseAssembly() : new EmbeddingAssembly();
}

/** Reads an answer that came whole. Throws a ProviderFault if it is none. */
export function wholeAnswer(call: RelayedCall, text: string): Json {
  let object: unknown;
  try {
    object = JSON.parse(text);
  } catch {
    object = undefined;
  }
  if (!isObject(object)) {
    const what = /^\s*</.test(text) ? "a page of HTML" : "not JSON";
    throw unanswered("ANSWER_FAILED", `The model provider's answer is ${what}.`);
  }
  if (isObject(object.error)) throw responseFault(object.error);
  assertions[call](object);
  return object;
}
