import { readEmail } from "../email.ts";
import { Flow } from "../flow.ts";
import { damaged, type Reading } from "../format.ts";
import { readHtml } from "../html.ts";
import { PackageFiles } from "./package-files.ts";
import { mainPartOf, type Relation, relationsOf } from "./relations.ts";
import { parseXml, prefixedAttributeOf, type XmlHandler } from "./xml.ts";
import { type FlowNames, XmlFlow } from "./xml-flow.ts";

/** Names of WordprocessingML, and of the drawings in it. */
export const wordNames: FlowNames = {
  paragraph: new Set(["p"]),
  text: new Set(["t"]),
  row: new Set(["tr"]),
  cell: new Set(["tc"]),
  characters: { tab: "\t", br: "\n", cr: "\n", noBreakHyphen: "\u2011" },
  // Fallback repeats its Choice for older programs. What was moved away stands at its new place.
  skipped: new Set(["Fallback", "moveFrom", "del", "rt", "pPr", "rPr", "tblPr", "sectPr", "txPr"]),
};

/** Finds the parts of other formats that a document holds, in their order. */
class BodyFlow extends XmlFlow {
  readonly chunks: string[] = [];

  override open(name: string, attributes: Readonly<Record<string, string>>): void {
    const id = prefixedAttributeOf(attributes, "id");
    if (name === "altChunk" && id !== undefined) this.chunks.push(id);
    super.open(name, attributes);
  }
}

async function addChunk(files: PackageFiles, { path }: Relation, reading: Reading) {
  const bytes = await files.read(path);
  if (/\.x?html?$/i.test(path)) await readHtml(bytes, reading);
  else if (/\.(mht|mhtml|eml)$/i.test(path)) await readEmail(bytes, reading);
  else reading.warn(`A part of another format is not read: ${path}.`);
}

/** Reads a Word document: its text, tables, text boxes and diagrams, and then its footnotes and endnotes. */
export async function readDocx(bytes: Uint8Array, reading: Reading): Promise<void> {
  const files = await PackageFiles.open(bytes);
  const main = await mainPartOf(files, "word/document.xml");
  if (!files.has(main)) throw damaged();
  const relations = await relationsOf(files, main);
  const flow = new Flow(reading.parts);
  const read = (path: string, handler: XmlHandler) => parseXml(files.pieces(path), handler);
  const body = new BodyFlow(flow, wordNames);
  await read(main, body);
  for (const id of body.chunks) {
    const chunk = relations.find((relation) => relation.id === id);
    if (chunk !== undefined) await addChunk(files, chunk, reading);
  }
  for (const type of ["diagramData", "footnotes", "endnotes"]) {
    for (const { path } of relations.filter((relation) => relation.type === type)) {
      await read(path, new XmlFlow(flow, wordNames));
    }
  }
}
