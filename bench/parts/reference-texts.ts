import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";

/** How long a program may take for one file. */
const TIMEOUT_MS = 180_000;
const ALL_PAGES = "1000000";

/** What a program writes. Nothing if it takes too long: a part of its text would be compared as if it were the whole. */
function outputOf(program: string, options: readonly string[]): string {
  const { error, stdout } = spawnSync(program, options, {
    timeout: TIMEOUT_MS,
    maxBuffer: 2 ** 28,
  });
  return error === undefined ? stdout.toString() : "";
}

/** What a page shows of its paper: a rectangle in points, from the top left. */
interface ShownPart {
  readonly page: string;
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

const box = /^Page\s+(\d+) (MediaBox|CropBox):\s+(\S+)\s+(\S+)\s+(\S+)\s+(\S+)$/gm;

/** The part that each page shows. Undefined if all pages show the whole of their paper, as most do. */
function shownParts(path: string): ShownPart[] | undefined {
  const found = [...outputOf("pdfinfo", ["-box", "-l", ALL_PAGES, path]).matchAll(box)];
  const papers = new Map<string, readonly number[]>();
  let isCropped = false;
  const parts = found.flatMap(([, page = "", name, ...sides]): ShownPart[] => {
    const [left = 0, bottom = 0, right = 0, top = 0] = sides.map(Number);
    if (name === "MediaBox") {
      papers.set(page, [left, bottom, right, top]);
      return [];
    }
    const paper = papers.get(page) ?? [];
    isCropped ||= [left, bottom, right, top].some((at, i) => Math.abs(at - (paper[i] ?? at)) > 1);
    const [paperLeft = 0, , , paperTop = 0] = paper;
    const [width, height] = [right - left, top - bottom];
    return [{ page, left: left - paperLeft, top: paperTop - top, width, height }];
  });
  return isCropped ? parts : undefined;
}

/** What pdftotext reads. It reads what a page does not show too, unless it is told the part that it shows. */
function pdftotext(path: string): string {
  const read = (...options: string[]) =>
    outputOf("pdftotext", ["-q", "-enc", "UTF-8", ...options, path, "-"]);
  const parts = shownParts(path);
  if (parts === undefined) return read();
  return parts
    .map(({ page, left, top, width, height }) => {
      const place = ["-x", left, "-y", top, "-W", width, "-H", height];
      const options = place.map((part) =>
        typeof part === "string" ? part : `${Math.round(part)}`,
      );
      return read("-f", page, "-l", page, ...options);
    })
    .join("");
}

/** What pdfminer writes for a character that it does not know. */
const unknownCharacter = /\(cid:\d+\)/g;

const programs = {
  pdftotext,
  // It cannot leave out what a page does not show.
  "pdf2txt.py": (path: string) =>
    shownParts(path) === undefined
      ? outputOf("pdf2txt.py", [path]).replace(unknownCharacter, "")
      : "",
} as const;

export type Program = keyof typeof programs;

/** The programs that are installed. */
export const installedPrograms = (): Program[] =>
  (Object.keys(programs) as Program[]).filter(
    (program) => spawnSync(program, ["--version"]).error === undefined,
  );

/**
 * Returns what another program reads from a PDF, empty if it fails. It is kept in `.references` beside the PDF, since
 * some programs take minutes for some files.
 */
export function referenceText(program: Program, path: string): string {
  const kept = join(dirname(path), ".references", program, `${basename(path)}.txt`);
  if (!existsSync(kept)) {
    mkdirSync(dirname(kept), { recursive: true });
    writeFileSync(kept, programs[program](path));
  }
  return readFileSync(kept, "utf8");
}
