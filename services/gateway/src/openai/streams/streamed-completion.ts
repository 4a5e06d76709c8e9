import { isObject, type JsonObject } from "../jobs/read-call.ts";

/** What the events of one choice have said. */
interface StreamedChoice {
  /** The length of the text so far. */
  chars: number;
  calledTools: boolean;
  finished: boolean;
}

const objects = (value: unknown): readonly JsonObject[] =>
  Array.isArray(value) ? value.filter(isObject) : [];

/**
 * Knows how much of a chat completion its events have brought. A worker may stream nothing, and the output of a job is bounded:
 * what the events lack is in the job's result.
 */
export class StreamedCompletion {
  readonly #choices = new Map<number, StreamedChoice>();

  add({ choices }: JsonObject): void {
    for (const { index, delta, finish_reason: finish } of objects(choices)) {
      const choice = this.#choice(Number(index));
      if (typeof finish === "string") choice.finished = true;
      if (!isObject(delta)) continue;
      if (typeof delta.content === "string") choice.chars += delta.content.length;
      if (delta.tool_calls !== undefined) choice.calledTools = true;
    }
  }

  /** What the events have not brought of a whole completion, as one more event. Undefined if they are complete. */
  rest({ id, created, model, choices, usage }: JsonObject): JsonObject | undefined {
    const unfinished = objects(choices).filter(
      ({ index }) => !this.#choice(Number(index)).finished,
    );
    if (unfinished.length === 0) return undefined;
    return {
      ...{ id, object: "chat.completion.chunk", created, model },
      choices: unfinished.map(({ message, ...choice }) => {
        const whole = isObject(message) ? message : {};
        return { ...choice, delta: this.#restOf(whole, this.#choice(Number(choice.index))) };
      }),
      ...(usage === undefined ? {} : { usage }),
    };
  }

  /** Tool calls come in pieces that cannot be told apart afterwards, so those that have begun are not repeated. */
  #restOf(message: JsonObject, { chars, calledTools }: StreamedChoice): JsonObject {
    const { content, tool_calls: calls, ...others } = message;
    return {
      ...others,
      ...(typeof content === "string" ? { content: content.slice(chars) } : {}),
      ...(calls === undefined || calledTools
        ? {}
        : { tool_calls: objects(calls).map((call, index) => ({ index, ...call })) }),
    };
  }

  #choice(index: number): StreamedChoice {
    const known = this.#choices.get(index);
    if (known !== undefined) return known;
    const choice = { chars: 0, calledTools: false, finished: false };
    this.#choices.set(index, choice);
    return choice;
  }
}
