import type { TextParts } from "./text-parts.ts";

/** Longer cells are not data but layout: pages of mail and forms are made of tables. */
const LONG_CELL = 200;
/** In this many columns, cells that are missing keep the others in place. */
const MOST_GAPS = 32;

interface Cell {
  readonly paragraphs: string[];
}

interface Row {
  readonly cells: Cell[];
}

/**
 * Puts paragraphs and tables in order while a document is read. A row of short cells becomes a line. The cells of any
 * other row become paragraphs, one after another.
 */
export class Flow {
  readonly #parts: TextParts;
  readonly #rows: Row[] = [];
  /** The open cells, from the outer table to the inner one. */
  readonly #cells: Cell[] = [];

  constructor(parts: TextParts) {
    this.#parts = parts;
  }

  paragraph(text: string): void {
    const cell = this.#cells.at(-1);
    if (cell === undefined) this.#parts.paragraph(text);
    else if (text.trim() !== "") cell.paragraphs.push(text);
  }

  heading(text: string): void {
    this.#parts.heading(text);
  }

  openRow(): void {
    this.#rows.push({ cells: [] });
  }

  closeRow(): void {
    const row = this.#rows.pop();
    if (row === undefined) return;
    const all = row.cells.flatMap(({ paragraphs }) => paragraphs);
    const isData = row.cells.every(({ paragraphs }) => paragraphs.join(" ").length <= LONG_CELL);
    if (!isData || all.length < 2) {
      for (const text of all) this.paragraph(text);
      return;
    }
    const cells = row.cells.map(({ paragraphs }) => paragraphs.join(" "));
    const outer = this.#cells.at(-1);
    if (outer === undefined) this.#parts.row(cells);
    else outer.paragraphs.push(cells.filter((cell) => cell !== "").join("\t"));
  }

  /** Opens a cell. Returns false if there is no row, so that the cell is an ordinary part of the text. */
  openCell(): boolean {
    const row = this.#rows.at(-1);
    if (row === undefined) return false;
    const cell: Cell = { paragraphs: [] };
    row.cells.push(cell);
    this.#cells.push(cell);
    return true;
  }

  /** Adds empty cells, so that the next one is in its column. */
  skipCells(count: number): void {
    const row = this.#rows.at(-1);
    const gaps = Math.min(count, MOST_GAPS);
    for (let gap = 0; gap < gaps; gap += 1) row?.cells.push({ paragraphs: [] });
  }

  closeCell(): void {
    this.#cells.pop();
  }
}
