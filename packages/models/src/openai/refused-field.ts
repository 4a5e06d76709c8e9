/** Reads what a server does not understand in a request from its refusal, so that the next request leaves it out. */
import type { ChatCompletionCreateParams } from "openai/resources/chat/completions";
import { type Refusal, statusOf } from "../error-status.ts";
import type { Lesson } from "./quirks.ts";

const fields: readonly {
  readonly field: string;
  readonly named: RegExp;
  readonly lesson: Lesson;
}[] = [
  {
    field: "max_completion_tokens",
    named: /\bmax_completion_tokens\b/,
    lesson: { quirk: "max-tokens", has: true },
  },
  {
    field: "max_tokens",
    named: /\bmax_tokens\b/,
    lesson: { quirk: "max-tokens", has: false },
  },
  {
    field: "stream_options",
    named: /\bstream_options\b/,
    lesson: { quirk: "no-stream-options", has: true },
  },
  {
    field: "reasoning_effort",
    named: /\breasoning_effort\b/,
    lesson: { quirk: "no-reasoning-effort", has: true },
  },
  {
    field: "stream",
    named: /\bstream(?:ing)?\b/i,
    lesson: { quirk: "no-stream", has: true },
  },
];

/** The server knows the field and refuses its value. */
const aboutValue =
  /too (?:large|small|long|short|big|many|high|low)|at (?:least|most)|m(?:in|ax)imum|below|above|exceed|(?:less|greater|more|larger|smaller) than|[<>]=?\s*\d/i;
const noSystem =
  /\bsystem\b['"]? ?(?:role|message|prompt|instruction)|\brole\b.{0,40}\bsystem\b|does not support ['"]system['"]|roles must alternate|only user and assistant roles|developer instruction/i;
const needsList =
  /\bcontent\b[\s\S]{0,120}(?:valid list|\b(?:be|expected|expects)(?: an?)? (?:list|array)\b)/i;
const needsText =
  /\bcontent\b[\s\S]{0,120}(?:valid string|\b(?:be|expected|expects)(?: a)? string\b)/i;

/** The statuses with which servers refuse a field. Some fail with 500 or 501 in the template of their model. */
const statuses = new Set([400, 422, 500, 501]);

function messagesLesson(
  text: string,
  { messages }: ChatCompletionCreateParams,
): Lesson | undefined {
  if (noSystem.test(text) && messages.some(({ role }) => role === "system")) {
    return { quirk: "no-system", has: true };
  }
  const inParts = messages.some(({ content }) => Array.isArray(content));
  if (!inParts && needsList.test(text)) return { quirk: "content-parts", has: true };
  return inParts && needsText.test(text) ? { quirk: "content-parts", has: false } : undefined;
}

/** Returns what a refusal shows, if it names something that was sent. */
export function lessonOf(refusal: Refusal, sent: ChatCompletionCreateParams): Lesson | undefined {
  const { param, message } = refusal;
  const status = statusOf(refusal) ?? 0;
  if (!statuses.has(status) || aboutValue.test(message)) return undefined;
  return fieldLesson(refusal, { ...sent }) ?? messagesLesson(`${param ?? ""} ${message}`, sent);
}

/** Returns what a refusal shows of the fields of a request, whatever the request is for. */
export function fieldLesson(
  refusal: Refusal,
  sent: Readonly<Record<string, unknown>>,
): Lesson | undefined {
  const { param, message } = refusal;
  const status = statusOf(refusal) ?? 0;
  if (!statuses.has(status) || aboutValue.test(message)) return undefined;
  const named = fields
    .filter(({ field }) => (field === "stream" ? sent.stream === true : Object.hasOwn(sent, field)))
    .map(({ field, named, lesson }) => {
      // A message may name the field that it advises after the one that it refuses.
      const at = param === field ? -1 : message.search(named);
      return { at, lesson, isNamed: param === field || at >= 0 };
    })
    .filter(({ isNamed }) => isNamed && status < 500)
    .sort((one, other) => one.at - other.at);
  return named[0]?.lesson;
}
