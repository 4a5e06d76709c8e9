/** Makes small documents of each format, as programs write them. */
import { zipSync } from "fflate";

export type Files = Readonly<Record<string, string | Uint8Array>>;

export const zip = (files: Files): Uint8Array =>
  zipSync(
    Object.fromEntries(
      Object.entries(files).map(([path, content]) => [
        path,
        typeof content === "string" ? Buffer.from(content) : content,
      ]),
    ),
  );

const declaration = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>`;
const types = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";

/** The relations of a part. A target with "://" is outside of the document. */
export const relations = (targets: Readonly<Record<string, readonly [string, string]>>): string => {
  const lines = Object.entries(targets).map(([id, [type, target]]) => {
    const mode = target.includes("://") ? ` TargetMode="External"` : "";
    return `<Relationship Id="${id}" Type="${types}/${type}" Target="${target}"${mode}/>`;
  });
  return `${declaration}<Relationships>${lines.join("")}</Relationships>`;
};

const office = (main: string, files: Files) =>
  zip({
    "[Content_Types].xml": `${declaration}<Types/>`,
    "_rels/.rels": relations({ r1: ["officeDocument", main] }),
    ...files,
  });

/** A Word document of the XML of its body. */
export const docx = (body: string, files: Files = {}): Uint8Array =>
  office("word/document.xml", {
    "word/document.xml": `${declaration}<w:document xmlns:w="w"><w:body>${body}</w:body></w:document>`,
    ...files,
  });

export const paragraph = (text: string): string => `<w:p><w:r><w:t>${text}</w:t></w:r></w:p>`;

/** A presentation of the XML of its slides, in the order in which they are shown. */
export function pptx(slides: readonly string[], files: Files = {}): Uint8Array {
  // Files are numbered against the order, as after a slide was moved.
  const number = (index: number) => slides.length - index;
  const ids = slides.map((_, index) => `<p:sldId id="${300 + index}" r:id="r${index}"/>`);
  return office("ppt/presentation.xml", {
    "ppt/presentation.xml": `<p:presentation><p:sldIdLst>${ids.join("")}</p:sldIdLst></p:presentation>`,
    "ppt/_rels/presentation.xml.rels": relations(
      Object.fromEntries(
        slides.map((_, index) => [`r${index}`, ["slide", `slides/slide${number(index)}.xml`]]),
      ),
    ),
    ...Object.fromEntries(
      slides.map((xml, index) => [`ppt/slides/slide${number(index)}.xml`, `<p:sld>${xml}</p:sld>`]),
    ),
    ...files,
  });
}

export const shape = (text: string, placeholder = "body"): string =>
  `<p:sp><p:nvSpPr><p:ph type="${placeholder}"/></p:nvSpPr><p:txBody><a:p><a:r><a:t>${text}</a:t></a:r></a:p></p:txBody></p:sp>`;

export interface SheetParts {
  readonly strings?: string;
  readonly styles?: string;
  readonly settings?: string;
}

/** A workbook of sheets by their names, each the XML of its rows. */
export function xlsx(
  sheets: Readonly<Record<string, string>>,
  { strings = "", styles = "", settings = "" }: SheetParts = {},
): Uint8Array {
  const names = Object.keys(sheets);
  const list = names.map(
    (name, index) => `<sheet name="${name}" sheetId="${index + 1}" r:id="r${index}"/>`,
  );
  return office("/xl/workbook.xml", {
    "xl/workbook.xml": `<workbook>${settings}<sheets>${list.join("")}</sheets></workbook>`,
    "xl/_rels/workbook.xml.rels": relations({
      ...Object.fromEntries(
        names.map((_, index) => [`r${index}`, ["worksheet", `worksheets/s${index}.xml`]]),
      ),
      s: ["sharedStrings", "sharedStrings.xml"],
      t: ["styles", "styles.xml"],
    }),
    "xl/sharedStrings.xml": `<sst>${strings}</sst>`,
    "xl/styles.xml": `<styleSheet>${styles}</styleSheet>`,
    ...Object.fromEntries(
      Object.values(sheets).map((rows, index) => [
        `xl/worksheets/s${index}.xml`,
        `<worksheet><sheetData>${rows}</sheetData></worksheet>`,
      ]),
    ),
  });
}

/** An OpenDocument of the XML of its body. */
export const openDocument = (type: string, body: string): Uint8Array =>
  zip({
    mimetype: `application/vnd.oasis.opendocument.${type}`,
    "META-INF/manifest.xml": "<manifest/>",
    "content.xml": `${declaration}<office:document-content><office:body>${body}</office:body></office:document-content>`,
  });

/** A book of the HTML of its chapters, in reading order. */
export function epub(chapters: readonly string[], files: Files = {}): Uint8Array {
  const items = chapters.map((_, index) => `<item id="c${index}" href="text/c%20${index}.xhtml"/>`);
  return zip({
    mimetype: "application/epub+zip",
    "META-INF/container.xml": `<container><rootfiles><rootfile full-path="book/a.opf"/></rootfiles></container>`,
    "book/a.opf": `<package><manifest><item id="n" href="nav.xhtml" properties="nav"/>${items.reverse().join("")}</manifest><spine><itemref idref="n"/>${chapters.map((_, index) => `<itemref idref="c${index}"/>`).join("")}</spine></package>`,
    "book/nav.xhtml": "<p>Contents</p>",
    ...Object.fromEntries(
      chapters.map((html, index) => [
        `book/text/c ${index}.xhtml`,
        `<html><body>${html}</body></html>`,
      ]),
    ),
    ...files,
  });
}

/** The bytes of a text in an encoding that Node cannot write. */
export function encoded(text: string, encoding: string): Buffer {
  const decoder = new TextDecoder(encoding);
  const known = new Map<string, readonly number[]>();
  for (let first = 0; first < 256; first += 1)
    known.set(decoder.decode(Uint8Array.of(first)), [first]);
  for (let first = 0x81; first < 0xff; first += 1) {
    for (let second = 0x40; second < 0xff; second += 1) {
      const pair = decoder.decode(Uint8Array.of(first, second));
      if (Array.from(pair).length === 1 && !known.has(pair)) known.set(pair, [first, second]);
    }
  }
  return Buffer.from(Array.from(text).flatMap((character) => known.get(character) ?? [0x3f]));
}
