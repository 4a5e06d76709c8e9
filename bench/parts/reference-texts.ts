import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";

/** How long a program may take for one file. */
const TIMEOUT_MS = 30_000;

const programs = {
  pdftotext: (path: string) => ["-q", "-enc", "UTF-8", path, "-"],
  "pdf2txt.py": (path: string) => [path],
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
    const { stdout } = spawnSync(program, programs[program](path), {
      timeout: TIMEOUT_MS,
      maxBuffer: 2 ** 28,
    });
    mkdirSync(dirname(kept), { recursive: true });
    writeFileSync(kept, stdout ?? "");
  }
  return readFileSync(kept, "utf8");
}
