import { type ModelMessage, ProviderFault, type RelayRequest } from "@millrace/shared";
import type { Json } from "../openai/client.ts";

const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const objectsIn = (value: unknown): Json[] => (Array.isArray(value) ? value.filter(isObject) : []);

/** A request that quotes can answer. */
export interface QuotedRequest {
  readonly messages: readonly ModelMessage[];
  readonly maxTokens: number;
}

/** The length of an answer whose request does not limit it, in tokens. */
const DEFAULT_TOKENS = 1_024;

/** A refusal in the form of OpenAI's, as a server would answer it. */
function refused(param: string, what: string): ProviderFault {
  const message = `The built-in provider is no language model: it only quotes from its input. ${what}`;
  return new ProviderFault(message, {
    ...{ reason: "PROVIDER_BAD_REQUEST", retryable: false, httpStatus: 400 },
    ...{ quotaExhausted: false, rateLimitHeaders: {} },
    answered: { message, type: "invalid_request_error", param, code: "unsupported_value" },
  });
}

/** Refuses what a caller could not read quotes as: JSON, and calls of tools that it insists on. */
function assertPlain({ call, body }: RelayRequest): void {
  const isChat = call === "chat.completions";
  const text = isObject(body.text) ? body.text : {};
  const format = isChat ? body.response_format : text.format;
  if (isObject(format) && format.type !== "text") {
    const param = isChat ? "response_format" : "text.format";
    throw refused(param, "For an answer in JSON, use a provider with a model.");
  }
  const { tool_choice: choice } = body;
  if (isObject(choice) || choice === "required") {
    throw refused("tool_choice", "It calls no tools: use a provider with a model.");
  }
}

const roleOf = (role: unknown): ModelMessage["role"] => {
  if (role === "system" || role === "developer") return "system";
  return role === "assistant" ? "assistant" : "user";
};

/** The text of a message, or what a tool has returned. */
function textOf({ content, output }: Json): string {
  const said = content ?? output;
  if (typeof said === "string") return said;
  const parts = objectsIn(said).map(({ text }) => text);
  return parts.filter((text) => typeof text === "string").join("\n");
}

/** Reads the body of a chat completion, or of a response. Throws a ProviderFault if quotes cannot answer it. */
export function quotedRequest(request: RelayRequest): QuotedRequest {
  assertPlain(request);
  const { body, call } = request;
  const param = call === "responses" ? "input" : "messages";
  const said = body[param];
  const items = typeof said === "string" ? [{ role: "user", content: said }] : objectsIn(said);
  const messages = items
    .map((item) => ({ role: roleOf(item.role), content: textOf(item) }))
    .filter(({ content }) => content.trim() !== "");
  if (messages.every(({ role }) => role === "system")) throw refused(param, "Send it some text.");
  const most = body.max_completion_tokens ?? body.max_output_tokens ?? body.max_tokens;
  const isLimit = typeof most === "number" && Number.isInteger(most) && most > 0;
  return { messages, maxTokens: isLimit ? most : DEFAULT_TOKENS };
}
