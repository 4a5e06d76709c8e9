import type Anthropic from "@anthropic-ai/sdk";
import type { ModelMessage } from "@millrace/shared";
import type { LengthLimit } from "../answer-length.ts";

/** The least room for thought that Anthropic's models take. With less, they do not think aloud. */
const LEAST_THOUGHT = 1_024;

export interface BodyParts {
  readonly model: string;
  readonly messages: readonly ModelMessage[];
  readonly limit: LengthLimit;
  readonly effort: string | undefined;
  /** Whether the model takes a budget for its thoughts. */
  readonly thinks: boolean;
}

const isSystem = ({ role }: ModelMessage): boolean => role === "system";

/** Whether a request asks the model to think. */
export const asksForThought = ({ reserveTokens }: LengthLimit): boolean =>
  reserveTokens >= LEAST_THOUGHT;

export function requestBody(parts: BodyParts): Anthropic.MessageCreateParamsStreaming {
  const { model, messages, limit, effort, thinks } = parts;
  const system = messages.filter(isSystem).map(({ content }) => content);
  const others = messages.flatMap(({ role, content }) =>
    role === "system" ? [] : [{ role, content }],
  );
  // The API takes no request without a message of the user.
  const isBare = others.length === 0;
  const text = system.join("\n\n");
  return {
    ...{ model, max_tokens: limit.limitTokens, stream: true },
    messages: isBare ? [{ role: "user", content: text }] : others,
    ...(isBare || text === "" ? {} : { system: text }),
    ...(thinks && asksForThought(limit)
      ? { thinking: { type: "enabled" as const, budget_tokens: limit.reserveTokens } }
      : {}),
    // Models have words of their own.
    ...(effort === undefined ? {} : { output_config: { effort: effort as "low" } }),
  };
}
