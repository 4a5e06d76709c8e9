import type { ModelMessage } from "@millrace/shared";
import type {
  ChatCompletionCreateParams,
  ChatCompletionMessageParam,
} from "openai/resources/chat/completions";
import type { Dialect } from "./quirks.ts";

export interface BodyParts {
  readonly model: string;
  readonly messages: readonly ModelMessage[];
  /** The most tokens that the model may write, thoughts included. */
  readonly limitTokens: number;
  readonly effort: string | undefined;
}

/** Puts the text of system messages before the first message of the user. */
function withoutSystem(messages: readonly ModelMessage[]): readonly ModelMessage[] {
  const system = messages.filter(({ role }) => role === "system").map(({ content }) => content);
  if (system.length === 0) return messages;
  const others = messages.filter(({ role }) => role !== "system");
  const first = others.findIndex(({ role }) => role === "user");
  if (first < 0) return [{ role: "user", content: system.join("\n\n") }, ...others];
  return others.map((message, index) =>
    index === first ? { ...message, content: [...system, message.content].join("\n\n") } : message,
  );
}

function messagesFor(dialect: Dialect, messages: readonly ModelMessage[]) {
  const spoken = dialect.has("no-system") ? withoutSystem(messages) : messages;
  return spoken.map(({ role, content }) => {
    const parts = dialect.has("content-parts")
      ? [{ type: "text" as const, text: content }]
      : content;
    return { role, content: parts } as ChatCompletionMessageParam;
  });
}

/** Writes a request as the server understands it. */
export function requestBody(
  dialect: Dialect,
  { model, messages, limitTokens, effort }: BodyParts,
): ChatCompletionCreateParams {
  const stream = !dialect.has("no-stream");
  return {
    model,
    messages: messagesFor(dialect, messages),
    ...(dialect.has("max-tokens")
      ? { max_tokens: limitTokens }
      : { max_completion_tokens: limitTokens }),
    ...(effort === undefined || dialect.has("no-reasoning-effort")
      ? {}
      : // Servers other than OpenAI's have words of their own.
        { reasoning_effort: effort as "low" }),
    stream,
    ...(stream && !dialect.has("no-stream-options")
      ? { stream_options: { include_usage: true } }
      : {}),
  };
}
