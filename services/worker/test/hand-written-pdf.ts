/** PDF files written by hand, for what no library writes. */

/** A stream object's body. */
export const streamOf = (content: string | Buffer, entries = ""): Buffer => {
  const bytes = typeof content === "string" ? Buffer.from(content) : content;
  return Buffer.concat([
    Buffer.from(`<<${entries} /Length ${bytes.length}>> stream\n`),
    bytes,
    Buffer.from("\nendstream"),
  ]);
};

/** Writes objects numbered from 1, of which the first is the catalog, with a table of where they are. */
export function pdfOf(objects: readonly (string | Buffer)[]): Buffer {
  const pieces: Buffer[] = [Buffer.from("%PDF-1.7\n")];
  const offsets: number[] = [];
  let length = pieces[0]?.length ?? 0;
  const add = (piece: Buffer) => {
    pieces.push(piece);
    length += piece.length;
  };
  objects.forEach((object, index) => {
    offsets.push(length);
    add(
      Buffer.concat([
        Buffer.from(`${index + 1} 0 obj\n`),
        typeof object === "string" ? Buffer.from(object) : object,
        Buffer.from("\nendobj\n"),
      ]),
    );
  });
  const start = length;
  const entries = offsets.map((offset) => `${String(offset).padStart(10, "0")} 00000 n \n`);
  add(
    Buffer.from(
      `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${entries.join("")}` +
        `trailer <</Size ${objects.length + 1} /Root 1 0 R>>\nstartxref\n${start}\n%%EOF\n`,
    ),
  );
  return Buffer.concat(pieces);
}

const helvetica = "<</Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding>>";

interface HandWrittenPages {
  /** The body of the font /F, Helvetica if it is absent. */
  readonly font?: string;
  /** Further fonts, by their names. */
  readonly fonts?: string;
  /** Further objects, numbered from `firstMore`. */
  readonly more?: readonly (string | Buffer)[];
  /** Further entries of the catalog. */
  readonly catalog?: string;
  /** Further entries of each page. */
  readonly page?: string;
}

/** The number of the first further object, after those of the pages. */
export const firstMore = (pages: number) => 4 + 3 * pages;

/** A PDF whose pages have these content streams. A page that is undefined is a number instead. */
export function pagesPdf(
  contents: readonly (string | undefined)[],
  { font = helvetica, fonts = "", more = [], catalog = "", page = "" }: HandWrittenPages = {},
): Buffer {
  const nodes = contents.map((_, index) => 4 + 3 * index);
  // Each page has a node of the page tree to itself, since readers give up a node that has a damaged page.
  const pageObjects = contents.flatMap((content, index) => {
    const node = 4 + 3 * index;
    return [
      `<</Type /Pages /Parent 2 0 R /Kids [${node + 1} 0 R] /Count 1>>`,
      content === undefined
        ? "0"
        : `<</Type /Page /Parent ${node} 0 R /MediaBox [0 0 612 792] /Resources <</Font <</F 3 0 R ${fonts}>>>> /Contents ${node + 2} 0 R ${page}>>`,
      streamOf(content ?? ""),
    ];
  });
  return pdfOf([
    `<</Type /Catalog /Pages 2 0 R ${catalog}>>`,
    `<</Type /Pages /Kids [${nodes.map((node) => `${node} 0 R`).join(" ")}] /Count ${contents.length}>>`,
    font,
    ...pageObjects,
    ...more,
  ]);
}

/** Content that shows a text in the font /F at a place. */
export const show = (text: string, x: number, y: number, size = 12) =>
  `BT /F ${size} Tf ${x} ${y} Td (${text}) Tj ET\n`;

/** A font whose capital letters are letters of a script from a code point on. */
export const lettersFrom = (first: number): { font: string; more: Buffer[] } => {
  const code = (n: number) => n.toString(16).padStart(4, "0");
  const map = `/CIDInit /ProcSet findresource begin 12 dict begin begincmap
/CMapName /M def /CMapType 2 def 1 begincodespacerange <00> <ff> endcodespacerange
2 beginbfrange <41> <5a> <${code(first)}> <30> <39> <0030> endbfrange endcmap end end`;
  return {
    font: `<</Type /Font /Subtype /Type1 /BaseFont /Helvetica /ToUnicode ${firstMore(1)} 0 R>>`,
    more: [streamOf(map)],
  };
};
