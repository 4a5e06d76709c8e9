import { Flow } from "../flow.ts";
import { damaged, type Reading } from "../format.ts";
import { type NumberFormat, numberFormatOf, numberText } from "./cell-text.ts";
import { wordNames } from "./docx.ts";
import { PackageFiles } from "./package-files.ts";
import { mainPartOf, type Relation, relationsOf } from "./relations.ts";
import { type Attributes, parseXml, prefixedAttributeOf, type XmlHandler } from "./xml.ts";
import { XmlFlow } from "./xml-flow.ts";

interface Book {
  readonly strings: readonly string[];
  readonly formats: readonly NumberFormat[];
  readonly epoch: 1900 | 1904;
}

const plain: NumberFormat = { date: false, time: false };

/** Collects the text of cells' strings, without the readings of Japanese characters. */
class Strings implements XmlHandler {
  readonly found: string[] = [];
  #pieces: string[] = [];
  #inText = false;
  #inReading = false;

  open(name: string): void {
    if (name === "si") this.#pieces = [];
    else if (name === "t") this.#inText = true;
    else if (name === "rPh") this.#inReading = true;
  }

  text(text: string): void {
    if (this.#inText && !this.#inReading) this.#pieces.push(text);
  }

  close(name: string): void {
    if (name === "si") this.found.push(this.#pieces.join(""));
    else if (name === "t") this.#inText = false;
    else if (name === "rPh") this.#inReading = false;
  }
}

/** Reads which number format each style of a cell has. */
class Styles implements XmlHandler {
  readonly formats: NumberFormat[] = [];
  readonly #codes = new Map<number, string>();
  #inCells = false;

  open(name: string, { numFmtId, formatCode }: Attributes): void {
    const id = Number(numFmtId ?? 0);
    if (name === "numFmt" && formatCode !== undefined) this.#codes.set(id, formatCode);
    else if (name === "cellXfs") this.#inCells = true;
    else if (name === "xf" && this.#inCells) {
      this.formats.push(numberFormatOf(id, this.#codes.get(id)));
    }
  }

  close(name: string): void {
    if (name === "cellXfs") this.#inCells = false;
  }
}

/** The number of a column from 0, by the letters of a cell's address. */
function columnOf(address: string): number {
  let column = 0;
  for (const letter of /^[A-Z]{1,3}/.exec(address)?.[0] ?? "") {
    column = column * 26 + letter.charCodeAt(0) - 64;
  }
  return column - 1;
}

/** Adds the cells of a sheet row by row. */
class Sheet implements XmlHandler {
  readonly #flow: Flow;
  readonly #book: Book;
  #next = 0;
  #type = "";
  #format = plain;
  #pieces: string[] = [];
  #inValue = false;
  #inReading = false;

  constructor(flow: Flow, book: Book) {
    this.#flow = flow;
    this.#book = book;
  }

  open(name: string, attributes: Attributes): void {
    if (name === "row") {
      this.#flow.openRow();
      this.#next = 0;
    } else if (name === "c") {
      const { r: address = "", t: type = "n", s: style = "0" } = attributes;
      const column = Math.max(this.#next, columnOf(address));
      this.#flow.skipCells(column - this.#next);
      this.#next = column + 1;
      this.#type = type;
      this.#format = this.#book.formats[Number(style)] ?? plain;
      this.#pieces = [];
      this.#flow.openCell();
    } else if (name === "v" || name === "t") this.#inValue = true;
    else if (name === "rPh") this.#inReading = true;
  }

  text(text: string): void {
    if (this.#inValue && !this.#inReading) this.#pieces.push(text);
  }

  close(name: string): void {
    if (name === "v" || name === "t") this.#inValue = false;
    else if (name === "rPh") this.#inReading = false;
    else if (name === "c") {
      this.#flow.paragraph(this.#cellText());
      this.#flow.closeCell();
    } else if (name === "row") this.#flow.closeRow();
  }

  #cellText(): string {
    const value = this.#pieces.join("");
    const { strings, epoch } = this.#book;
    if (this.#type === "s") return strings[Number(value)] ?? "";
    if (this.#type === "b") return value === "1" ? "TRUE" : "FALSE";
    return this.#type === "n" ? numberText(value, this.#format, epoch) : value;
  }
}

/** Reads what the workbook says of its sheets, in their order. */
class Workbook implements XmlHandler {
  readonly sheets: { readonly name: string; readonly id: string }[] = [];
  epoch: 1900 | 1904 = 1900;

  open(name: string, attributes: Attributes): void {
    const id = prefixedAttributeOf(attributes, "id");
    if (name === "sheet" && id !== undefined) {
      this.sheets.push({ name: attributes.name ?? "", id });
    } else if (name === "workbookPr" && /^(1|true)$/.test(attributes.date1904 ?? "")) {
      this.epoch = 1904;
    }
  }

  close(): void {}
}

async function drawingsOf(files: PackageFiles, path: string): Promise<string[]> {
  const relations = await relationsOf(files, path);
  return relations.filter(({ type }) => type === "drawing").map((drawing) => drawing.path);
}

/** Reads a workbook: of each sheet its name, its rows with their cells, and its text boxes. */
export async function readXlsx(bytes: Uint8Array, reading: Reading): Promise<void> {
  const files = await PackageFiles.open(bytes);
  const main = await mainPartOf(files, "xl/workbook.xml");
  if (!files.has(main)) throw damaged();
  const relations = await relationsOf(files, main);
  const pathOf = (match: (relation: Relation) => boolean) => relations.find(match)?.path ?? "";
  const read = async <Handler extends XmlHandler>(path: string, handler: Handler) => {
    await parseXml(files.pieces(path), handler);
    return handler;
  };
  const { sheets, epoch } = await read(main, new Workbook());
  reading.setPages(sheets.length, "sheets");
  const { found: strings } = await read(
    pathOf(({ type }) => type === "sharedStrings"),
    new Strings(),
  );
  const { formats } = await read(
    pathOf(({ type }) => type === "styles"),
    new Styles(),
  );
  const flow = new Flow(reading.parts);
  for (const [index, { name, id }] of sheets.entries()) {
    const path = pathOf((relation) => relation.id === id);
    flow.heading(name);
    await read(path, new Sheet(flow, { strings, formats, epoch }));
    for (const drawing of await drawingsOf(files, path)) {
      await read(drawing, new XmlFlow(flow, wordNames));
    }
    reading.progress(index + 1, sheets.length);
  }
}
