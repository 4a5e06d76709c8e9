/** The tags between which models think aloud in their text, where no parser of the server takes the thoughts out. */
const tags = [
  ["<think>", "</think>"],
  ["<thinking>", "</thinking>"],
  ["[THINK]", "[/THINK]"],
] as const;
type Tags = readonly [open: string, close: string];

/** How much of the end of `text` may be the beginning of one of `words`. */
function begunLength(text: string, words: readonly string[]): number {
  const longest = Math.max(...words.map((word) => word.length)) - 1;
  for (let length = Math.min(longest, text.length); length > 0; length -= 1) {
    const end = text.slice(-length);
    if (words.some((word) => word.startsWith(end))) return length;
  }
  return 0;
}

const openTags = tags.map(([open]) => open);

/**
 * Takes thoughts out of the text of an answer that arrives in pieces. A tag counts at the beginning of the answer and after
 * white space, so that an answer may quote it. Thought at the beginning is thought, also if it never ends. Further on it may
 * be a tag that the answer writes about, so its text is given back if the answer ends without a closing tag.
 */
export class VisibleText {
  /** Text that may belong to a tag, or white space that the answer may begin with. */
  #held = "";
  #within: Tags | undefined;
  /** The thought since the last opening tag. */
  #aside = "";
  #thought = "";
  /** Whether the answer has begun to say something. */
  #said = false;
  #last = "";

  /** `thoughtFirst`: the answer begins within a thought, so its first closing tag has no opening one. */
  constructor(thoughtFirst = false) {
    if (thoughtFirst) this.#within = tags[0];
  }

  /** Whether the model has thought aloud. */
  get thought(): boolean {
    return this.#thought !== "" || this.#within !== undefined;
  }

  get said(): boolean {
    return this.#said;
  }

  /** Returns the text that `piece` makes visible. */
  push(piece: string): string {
    this.#held += piece;
    let visible = "";
    for (;;) {
      const step = this.#within === undefined ? this.#speak() : this.#think(this.#within);
      if (step === undefined) return visible;
      visible += step;
    }
  }

  /** Returns the text that is left at the end. `cut`: the answer was cut at its length limit. */
  end(cut: boolean): string {
    if (this.#within === undefined) return this.#say(this.#held);
    if (!this.#said || cut) return "";
    const [open] = this.#within;
    this.#within = undefined;
    return this.#say(open + this.#aside + this.#held);
  }

  /** Takes one step in visible text. Returns undefined when it needs more text. */
  #speak(): string | undefined {
    const found = this.#nextTag();
    if (found !== undefined) {
      const text = this.#say(this.#held.slice(0, found.at));
      this.#within = found.tags;
      this.#aside = "";
      this.#held = this.#held.slice(found.at + found.tags[0].length);
      return text;
    }
    const length = this.#held.length - begunLength(this.#held, openTags);
    const text = this.#held.slice(0, length);
    if (text === "" || (!this.#said && text.trim() === "")) return undefined;
    this.#held = this.#held.slice(length);
    return this.#say(text);
  }

  /** Takes one step in thought. */
  #think([, close]: Tags): string | undefined {
    const at = this.#held.indexOf(close);
    if (at < 0) {
      const length = this.#held.length - begunLength(this.#held, [close]);
      this.#aside += this.#held.slice(0, length);
      this.#held = this.#held.slice(length);
      return undefined;
    }
    this.#thought += this.#aside + this.#held.slice(0, at);
    this.#within = undefined;
    this.#held = this.#held.slice(at + close.length);
    return "";
  }

  #nextTag(): { at: number; tags: Tags } | undefined {
    let first: { at: number; tags: Tags } | undefined;
    for (const pair of tags) {
      for (
        let at = this.#held.indexOf(pair[0]);
        at >= 0;
        at = this.#held.indexOf(pair[0], at + 1)
      ) {
        const before = at === 0 ? this.#last : this.#held.charAt(at - 1);
        if (before.trim() !== "") continue;
        if (first === undefined || at < first.at) first = { at, tags: pair };
        break;
      }
    }
    return first;
  }

  #say(text: string): string {
    if (!this.#said) {
      if (text.trim() === "") return "";
      this.#said = true;
      // The white space after a thought belongs to the thought.
      if (this.#thought !== "") return this.#say(text.trimStart());
    }
    this.#last = text.at(-1) ?? this.#last;
    return text;
  }
}
