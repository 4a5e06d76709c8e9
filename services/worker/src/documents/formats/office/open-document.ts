import { Flow } from "../flow.ts";
import { damaged, type Reading } from "../format.ts";
import { PackageFiles } from "./package-files.ts";
import { type Attributes, attributeOf, parseXml } from "./xml.ts";
import { type FlowNames, XmlFlow } from "./xml-flow.ts";

const names: FlowNames = {
  paragraph: new Set(["p", "h"]),
  row: new Set(["table-row"]),
  cell: new Set(["table-cell", "covered-table-cell"]),
  characters: { tab: "\t", "line-break": "\n" },
  skipped: new Set([
    ...["tracked-changes", "annotation", "note-citation", "ruby-text", "forms", "desc"],
    ...["event-listeners", "binary-data", "page-number", "page-count", "meta", "scripts", "shapes"],
  ]),
};
/** Here `title` is the title of the document. Elsewhere it names a picture or a shape, for people who do not see it. */
const textElements = new Set(["p", "h", "span", "a"]);
/** Spaces that one element may stand for. */
const MOST_SPACES = 100;

/** Reads what only OpenDocument has: numbers of spaces, empty cells for gaps, names of sheets, and pages. */
class ContentFlow extends XmlFlow {
  readonly #onPage: () => void;
  #isSheet = false;
  readonly #open: string[] = [];

  constructor(flow: Flow, onPage: () => void) {
    super(flow, names);
    this.#onPage = onPage;
  }

  override open(name: string, attributes: Attributes): void {
    super.open(name, attributes);
    const parent = this.#open.at(-1) ?? "";
    this.#open.push(name);
    if (name === "title" && !textElements.has(parent)) this.skip();
    if (this.isSkipping) return;
    if (name === "s") {
      const count = Number(attributeOf(attributes, "c") ?? 1);
      this.add(" ".repeat(Math.min(MOST_SPACES, Math.max(0, count || 0))));
    } else if (name === "spreadsheet") this.#isSheet = true;
    else if (name === "page") this.#onPage();
    else if (name === "table" && this.#isSheet) {
      this.#onPage();
      this.flow.heading(attributeOf(attributes, "name") ?? "");
    } else if (name === "table-cell") {
      // The cells that are repeated are nearly always empty ones to the right.
      const repeated = Number(attributeOf(attributes, "number-columns-repeated") ?? 1);
      if (repeated > 1 && repeated < 1_000) this.flow.skipCells(repeated - 1);
    }
  }

  override close(name: string): void {
    this.#open.pop();
    super.close(name);
  }
}

/** Reads an OpenDocument text, presentation or spreadsheet. */
export async function readOpenDocument(bytes: Uint8Array, reading: Reading): Promise<void> {
  const files = await PackageFiles.open(bytes);
  if (!files.has("content.xml")) throw damaged();
  let pages = 0;
  const onPage = () => {
    pages += 1;
    reading.setPages(pages, "pages");
  };
  const flow = new ContentFlow(new Flow(reading.parts), onPage);
  await parseXml(files.pieces("content.xml"), flow);
}
