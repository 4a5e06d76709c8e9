import type { FinishReason, ProviderFault } from "@millrace/shared";
import { cutChars } from "@millrace/shared";
import { noAnswer, unanswered } from "../call-fault.ts";

/** What is known of an answer when its stream has ended. */
export interface Ending {
  /** The server's word for how the answer ended; undefined if it said none. */
  readonly finish: string | undefined;
  /** Whether the answer has text that is not white space. */
  readonly said: boolean;
  readonly thought: boolean;
  readonly refusal: string;
  readonly callsTool: boolean;
}

const REFUSAL_CHARS = 500;

type Meaning = FinishReason | "filtered" | "failed" | "aborted" | "tool";

/** What servers say instead of OpenAI's words. Any other word means that the answer ended by itself. */
const meanings: Readonly<Record<string, Meaning>> = {
  length: "length",
  max_tokens: "length",
  model_length: "length",
  model_context_window_exceeded: "length",
  content_filter: "filtered",
  recitation: "filtered",
  safety: "filtered",
  sensitive: "filtered",
  error: "failed",
  insufficient_system_resource: "failed",
  network_error: "failed",
  abort: "aborted",
  cancelled: "aborted",
  tool_calls: "tool",
  tool_use: "tool",
  function_call: "tool",
};

/** What a server means by its word for how an answer ended. */
export const meaningOf = (finish: string): Meaning => meanings[finish.toLowerCase()] ?? "stop";

/** Whether an answer was cut at its length limit. */
export const isCut = (finish: string | undefined): boolean =>
  finish !== undefined && meaningOf(finish) === "length";

const empty = (thought: boolean): ProviderFault =>
  noAnswer(
    "ANSWER_EMPTY",
    thought
      ? "The model only thought, and its answer has no text."
      : "The model's answer has no text.",
  );

/** Says how an answer ended, or why it is none. An answer without text may end by `length`: the caller decides about it. */
export function judge({ finish, said, thought, refusal, callsTool }: Ending) {
  if (refusal.trim() !== "") {
    const words = cutChars(refusal.trim(), REFUSAL_CHARS);
    return noAnswer("ANSWER_REFUSED", `The model refused to answer: "${words}"`);
  }
  // A server that shuts down may close its stream like one that has finished.
  if (finish === undefined) {
    return unanswered("ANSWER_BROKEN_OFF", "The model provider broke off its answer.");
  }
  const meaning = meaningOf(finish);
  if (meaning === "filtered") {
    return noAnswer("ANSWER_FILTERED", "The model provider's content filter stopped the answer.");
  }
  if (meaning === "failed") {
    return unanswered("ANSWER_FAILED", "The model provider ended its answer by an error.");
  }
  if (meaning === "aborted") {
    return unanswered("ANSWER_BROKEN_OFF", "The model provider aborted its answer.");
  }
  if (meaning === "tool" || callsTool) {
    const message = "The model called a tool instead of an answer, though the job offers it none.";
    return noAnswer("ANSWER_TOOL_CALL", message);
  }
  if (!said && meaning === "stop") return empty(thought);
  return meaning;
}
