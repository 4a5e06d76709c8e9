import type { Flow } from "../flow.ts";
import type { Attributes, XmlHandler } from "./xml.ts";

/** What the elements of a format mean, by their names. */
export interface FlowNames {
  readonly paragraph: ReadonlySet<string>;
  /** Elements whose text counts. Undefined: all text of a paragraph counts. */
  readonly text?: ReadonlySet<string>;
  readonly row: ReadonlySet<string>;
  readonly cell: ReadonlySet<string>;
  /** Elements that stand for a character or some. */
  readonly characters: Readonly<Record<string, string>>;
  /** Elements that hold nothing that is read. */
  readonly skipped: ReadonlySet<string>;
}

interface Paragraph {
  readonly pieces: string[];
  /** Paragraphs inside of this one, such as those of text boxes and footnotes. They come after it. */
  readonly inner: string[];
}

/** Turns the XML of a document into paragraphs and rows. */
export class XmlFlow implements XmlHandler {
  protected readonly flow: Flow;
  readonly #names: FlowNames;
  readonly #paragraphs: Paragraph[] = [];
  #depth = 0;
  /** The depth of the element that is being skipped. */
  #skipFrom = Number.POSITIVE_INFINITY;
  #text = 0;

  constructor(flow: Flow, names: FlowNames) {
    this.flow = flow;
    this.#names = names;
  }

  open(name: string, _attributes: Attributes): void {
    this.#depth += 1;
    if (this.isSkipping) return;
    const { paragraph, text, row, cell, characters, skipped } = this.#names;
    if (skipped.has(name)) this.skip();
    else if (paragraph.has(name)) this.#paragraphs.push({ pieces: [], inner: [] });
    else if (text?.has(name)) this.#text += 1;
    else if (row.has(name)) this.flow.openRow();
    else if (cell.has(name)) this.flow.openCell();
    else if (characters[name] !== undefined) this.add(characters[name]);
  }

  close(name: string): void {
    const wasSkipping = this.isSkipping;
    this.#depth -= 1;
    if (this.#depth < this.#skipFrom) this.#skipFrom = Number.POSITIVE_INFINITY;
    if (wasSkipping) return;
    const { paragraph, text, row, cell } = this.#names;
    if (paragraph.has(name)) this.#closeParagraph();
    else if (text?.has(name)) this.#text -= 1;
    else if (row.has(name)) this.flow.closeRow();
    else if (cell.has(name)) this.flow.closeCell();
  }

  text(text: string): void {
    if (!this.isSkipping && (this.#names.text === undefined || this.#text > 0)) this.add(text);
  }

  protected get isSkipping(): boolean {
    return this.#depth >= this.#skipFrom;
  }

  /** How deep the current element is. */
  protected get depth(): number {
    return this.#depth;
  }

  /** Skips the rest of the element at `depth`, which is open. Default: the current one. */
  protected skip(depth = this.#depth): void {
    this.#skipFrom = Math.min(this.#skipFrom, depth);
  }

  protected add(text: string): void {
    this.#paragraphs.at(-1)?.pieces.push(text);
  }

  #closeParagraph(): void {
    const closed = this.#paragraphs.pop();
    if (closed === undefined) return;
    const texts = [closed.pieces.join(""), ...closed.inner];
    const outer = this.#paragraphs.at(-1);
    if (outer === undefined) for (const text of texts) this.flow.paragraph(text);
    else outer.inner.push(...texts);
  }
}
