import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import {
  getDocument,
  type PDFDocumentProxy,
  VerbosityLevel,
} from "pdfjs-dist/legacy/build/pdf.mjs";
import type { Progress } from "../../threads/progress.ts";
import type { DocumentLimits, DocumentReading, RecognisedPages } from "../document-reading.ts";
import { type SoundPageTree, withSoundPageTree } from "./page-tree.ts";
import { readPortfolio } from "./portfolio.ts";
import { readPages } from "./read-pages.ts";
import { damaged, refused } from "./refused.ts";

/**
 * The maps from codes to characters that fonts of Chinese, Japanese and Korean name but do not hold. The library has
 * fonts of its own as well, `standardFontDataUrl`: with them it would prefer a wrong map in some files.
 */
const cMapUrl = join(
  dirname(createRequire(import.meta.url).resolve("pdfjs-dist/package.json")),
  "cmaps/",
);

/** A form that only Adobe's programs can show has a page with a notice of at most so many characters. */
const noticeCharacters = 1_500;

interface Kind {
  /** Whether the PDF holds other files, and its own pages only say so. */
  readonly isPortfolio: boolean;
  readonly hasForm: boolean;
  /** Whether a form in XML replaces the pages. */
  readonly hasXmlForm: boolean;
}

async function kindOf(pdf: PDFDocumentProxy): Promise<Kind> {
  const metadata = await pdf.getMetadata().catch(() => undefined);
  const found = (metadata?.info ?? {}) as Readonly<Record<string, unknown>>;
  const hasForm = found.IsAcroFormPresent === true;
  return {
    isPortfolio: found.IsCollectionPresent === true,
    hasForm,
    hasXmlForm: found.IsXFAPresent === true && !hasForm,
  };
}

interface PdfTextOptions {
  readonly limits: DocumentLimits;
  readonly progress: Progress;
  /** Whether the PDF is a file of a portfolio. Portfolios in portfolios are not read. */
  readonly isInPortfolio?: boolean;
  /** What text recognition has read. These pages are not read otherwise. */
  readonly recognised?: RecognisedPages | undefined;
}

interface FileReading {
  readonly reading: DocumentReading;
  /** The file without its damaged pages, if more of it might be read so. */
  readonly sound?: SoundPageTree;
}

async function readOpened(
  name: string,
  pdf: PDFDocumentProxy,
  { limits, progress, isInPortfolio = false, recognised = new Map() }: PdfTextOptions,
): Promise<FileReading> {
  const { isPortfolio, hasForm, hasXmlForm } = await kindOf(pdf);
  if (isPortfolio) {
    const nothing = async (inner: string) => damaged(inner);
    const part = (inner: string, bytes: Uint8Array, rest: DocumentLimits) =>
      pdfText(inner, bytes, { limits: rest, progress: () => undefined, isInPortfolio: true });
    return { reading: await readPortfolio(name, pdf, limits, isInPortfolio ? nothing : part) };
  }
  const options = { limits, progress, hasForm, recognised };
  const { reading, unreadable } = await readPages(name, pdf, options);
  if (hasXmlForm && reading.kind === "text" && reading.text.length <= noticeCharacters) {
    const message = `${name} is an XFA form, which only Adobe's programs can show: open it there, print it to a PDF file, and submit that.`;
    return { reading: refused("DOCUMENT_UNREADABLE", message) };
  }
  const sound = unreadable > 0 ? withSoundPageTree(await pdf.getData()) : undefined;
  return sound === undefined ? { reading } : { reading, sound };
}

async function readFile(
  name: string,
  bytes: Uint8Array,
  options: PdfTextOptions,
): Promise<FileReading> {
  const task = getDocument({
    data: bytes,
    verbosity: VerbosityLevel.ERRORS,
    useSystemFonts: false,
    disableFontFace: true,
    cMapUrl,
    cMapPacked: true,
  });
  try {
    return await readOpened(name, await task.promise, options);
  } catch (error) {
    if (error instanceof Error && error.name === "PasswordException") {
      const message = `${name} is encrypted: remove its password and submit it again.`;
      return { reading: refused("DOCUMENT_ENCRYPTED", message) };
    }
    return { reading: damaged(name) };
  } finally {
    await task.destroy();
  }
}

/** Extracts the text of a PDF. `bytes` cannot be used afterwards. */
export async function pdfText(
  name: string,
  bytes: Uint8Array,
  options: PdfTextOptions,
): Promise<DocumentReading> {
  const { reading, sound } = await readFile(name, bytes, options);
  if (sound === undefined) return reading;
  // Pages have other numbers in this file, so text recognition cannot find those without text.
  const { recognised: _, ...others } = options;
  const { reading: again } = await readFile(name, sound.bytes, others);
  if (again.kind !== "text") return reading;
  const { withoutText: __, ...kept } = again;
  const left =
    sound.removed === 1
      ? "A page is damaged and is left out."
      : `${sound.removed} pages are damaged and are left out.`;
  return { ...kept, warnings: [left, ...(kept.warnings ?? [])] };
}
