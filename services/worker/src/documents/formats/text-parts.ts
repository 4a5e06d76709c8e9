/** Collects the paragraphs and the table rows of a text. */
export class TextParts {
  readonly #pieces: string[] = [];
  readonly check: (characters: number) => void;
  #characters = 0;
  #last: "paragraph" | "row" | undefined;
  #heading = "";

  /** `check` is called with the number of characters so far, and may throw. */
  constructor(check: (characters: number) => void) {
    this.check = check;
  }

  /** Adds a paragraph, which may have several lines. Empty ones are left out. */
  paragraph(text: string): void {
    this.#add("paragraph", text.replace(/[^\S\n]*\n[^\S\n]*/g, "\n").trim());
  }

  /** Adds a whole text as it is. */
  verbatim(text: string): void {
    this.check(text.length);
    this.#pieces.push(text);
  }

  /** Adds a paragraph before what comes next. If another heading comes next, or nothing, it is left out. */
  heading(text: string): void {
    this.#heading = text;
  }

  /** Adds a row of a table. Rows that follow each other are lines of one paragraph. */
  row(cells: readonly string[]): void {
    const line = cells.map((cell) => cell.replace(/\s+/g, " ").trim()).join("\t");
    this.#add("row", line.trimEnd());
  }

  get text(): string {
    return this.#pieces.join("");
  }

  #add(kind: "paragraph" | "row", text: string): void {
    if (text.trim() === "") return;
    const heading = this.#heading;
    this.#heading = "";
    if (heading !== "") this.paragraph(heading);
    const isNextRow = kind === "row" && this.#last === "row";
    const separator = this.#last === undefined ? "" : isNextRow ? "\n" : "\n\n";
    this.#last = kind;
    this.#characters += separator.length + text.length;
    this.check(this.#characters);
    this.#pieces.push(separator, text);
  }
}
