import type { ChatCompletionChunk } from "openai/resources/chat/completions";

/** What one chunk adds to an answer, whatever its server's dialect. */
export interface AnswerPart {
  readonly text: string;
  /** What the model thinks aloud, where the server keeps it apart from the text. */
  readonly thought: string;
  readonly refusal: string;
  readonly callsTool: boolean;
  /** How the answer ended, in the words of the server. */
  readonly finish: string | undefined;
  readonly usage: ChatCompletionChunk["usage"];
}

const textIn = (value: unknown): string => (typeof value === "string" ? value : "");

interface ContentPart {
  readonly type?: unknown;
  readonly text?: unknown;
  readonly thinking?: unknown;
}

/** Mistral's servers send content as a list of parts. A thought's text is itself such a list. */
function contentIn(value: unknown): { text: string; thought: string } {
  if (!Array.isArray(value)) return { text: textIn(value), thought: "" };
  let text = "";
  let thought = "";
  for (const part of value as ContentPart[]) {
    if (part?.type === "thinking") thought += contentIn(part.thinking).text;
    else text += textIn(part?.text);
  }
  return { text, thought };
}

/** Reads a chunk. Servers differ in where they put thoughts, and some chunks have no choice. */
export function answerPart({ choices, usage }: ChatCompletionChunk): AnswerPart {
  const choice = choices?.[0];
  const delta = (choice?.delta ?? {}) as Readonly<Record<string, unknown>>;
  const { text, thought } = contentIn(delta.content);
  const { tool_calls: toolCalls, function_call: functionCall } = delta;
  const calls = Array.isArray(toolCalls) && toolCalls.length > 0;
  return {
    ...{ text, usage, refusal: textIn(delta.refusal) },
    thought: thought + (textIn(delta.reasoning_content) || textIn(delta.reasoning)),
    callsTool: calls || (typeof functionCall === "object" && functionCall !== null),
    finish: choice?.finish_reason ?? undefined,
  };
}
