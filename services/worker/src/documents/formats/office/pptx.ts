import { Flow } from "../flow.ts";
import { damaged, type Reading } from "../format.ts";
import { wordNames } from "./docx.ts";
import { PackageFiles } from "./package-files.ts";
import { mainPartOf, type Relation, relationsOf } from "./relations.ts";
import { type Attributes, attributeOf, parseXml, prefixedAttributeOf } from "./xml.ts";
import { XmlFlow } from "./xml-flow.ts";

/** Placeholders that repeat on every slide, and the picture of the slide on its notes. */
const repeated = new Set(["sldNum", "dt", "ftr", "hdr", "sldImg"]);

/** Leaves out numbers, dates and feet of slides. */
class SlideFlow extends XmlFlow {
  readonly #shapes: number[] = [];

  override open(name: string, attributes: Attributes): void {
    super.open(name, attributes);
    if (name === "sp") this.#shapes.push(this.depth);
    const type = attributeOf(attributes, "type") ?? "";
    if (name === "ph" && repeated.has(type)) this.skip(this.#shapes.at(-1));
    else if (name === "fld" && /^(slidenum|datetime)/.test(type)) this.skip();
  }

  override close(name: string): void {
    if (name === "sp") this.#shapes.pop();
    super.close(name);
  }
}

/** Returns the slides in the order in which they are shown. */
async function slidesOf(files: PackageFiles, main: string): Promise<Relation[]> {
  const relations = await relationsOf(files, main);
  const ids: string[] = [];
  await parseXml(files.pieces(main), {
    open(name, attributes) {
      const id = prefixedAttributeOf(attributes, "id");
      if (name === "sldId" && id !== undefined) ids.push(id);
    },
    close: () => undefined,
  });
  return ids.flatMap((id) => relations.filter((relation) => relation.id === id));
}

/** Reads a presentation: of each slide its text, tables and diagrams, and then its notes. */
export async function readPptx(bytes: Uint8Array, reading: Reading): Promise<void> {
  const files = await PackageFiles.open(bytes);
  const main = await mainPartOf(files, "ppt/presentation.xml");
  if (!files.has(main)) throw damaged();
  const slides = await slidesOf(files, main);
  reading.setPages(slides.length, "slides");
  const flow = new Flow(reading.parts);
  for (const [index, { path }] of slides.entries()) {
    await parseXml(files.pieces(path), new SlideFlow(flow, wordNames));
    const relations = await relationsOf(files, path);
    for (const type of ["diagramData", "notesSlide"]) {
      for (const related of relations.filter((relation) => relation.type === type)) {
        await parseXml(files.pieces(related.path), new SlideFlow(flow, wordNames));
      }
    }
    reading.progress(index + 1, slides.length);
  }
}
