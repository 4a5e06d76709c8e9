import { isObject, type JsonObject } from "../jobs/read-call.ts";

interface OutputItem {
  readonly index: number;
  readonly item: JsonObject;
  isOpen: boolean;
}

/** Events that say how a response goes. The provider's own begin and end another response: that of its call. */
const lifecycle = new Set([
  ...["response.created", "response.queued", "response.completed"],
  ...["response.failed", "response.incomplete", "error"],
]);

/**
 * The events of a response's stream, made of the output of its job. The numbers follow from the output alone, so each watch
 * of the job, at each gateway, gives each event the same number.
 *
 * OpenAI's events have no word for "forget what you have read". So when another attempt begins, the items of the attempt
 * before it end as incomplete, and the new ones follow them. The response at the end has only the last attempt's items.
 */
export class ResponseEvents {
  #next = 0;
  #items: OutputItem[] = [];
  /** How many items earlier attempts have begun. */
  #shift = 0;
  #isFirstAttempt = true;
  readonly #own: (theirs: JsonObject) => JsonObject;

  /** `own` makes the caller's response of the provider's. */
  constructor(own: (theirs: JsonObject) => JsonObject) {
    this.#own = own;
  }

  /** Whether the stream has shown a part of an answer. */
  get hasBegun(): boolean {
    return this.#items.length > 0;
  }

  /** The first events, which come before there is any output. */
  begun(queued: JsonObject): JsonObject[] {
    return [
      this.#numbered({ type: "response.created", response: queued }),
      this.#numbered({ type: "response.queued", response: queued }),
    ];
  }

  /** An event of the provider. Undefined if the caller does not get it. */
  provided(event: JsonObject): JsonObject | undefined {
    const { type, response, output_index: index, item } = event;
    if (typeof type !== "string" || lifecycle.has(type)) return undefined;
    if (type === "response.in_progress") {
      if (!this.#isFirstAttempt || !isObject(response)) return undefined;
      return this.#numbered({ ...event, response: this.#own(response) });
    }
    if (typeof index !== "number") return this.#numbered(event);
    const shifted = index + this.#shift;
    if (type === "response.output_item.added" && isObject(item)) {
      this.#items.push({ index: shifted, item, isOpen: true });
    }
    if (type === "response.output_item.done") {
      for (const one of this.#items) if (one.index === shifted) one.isOpen = false;
    }
    return this.#numbered({ ...event, output_index: shifted });
  }

  /** Another attempt begins. */
  reset(): JsonObject[] {
    this.#isFirstAttempt = false;
    this.#shift = this.#items.length;
    const open = this.#items.filter(({ isOpen }) => isOpen);
    return open.map((one) => {
      one.isOpen = false;
      const item = { ...one.item, status: "incomplete" };
      return this.#numbered({ type: "response.output_item.done", output_index: one.index, item });
    });
  }

  /** The last event. */
  ended(response: JsonObject): JsonObject {
    const status = String(response.status);
    const known = ["completed", "incomplete", "failed", "cancelled"].includes(status);
    return this.#numbered({ type: `response.${known ? status : "completed"}`, response });
  }

  #numbered(event: JsonObject): JsonObject {
    return { ...event, sequence_number: this.#next++ };
  }
}
