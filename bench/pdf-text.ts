/**
 * How well is the text of PDF files read? `node bench/pdf-text.ts DIRECTORY [part of a file's name]`
 *
 * Reads each PDF of a directory as a worker does, and compares it with what `pdftotext` (Debian: poppler-utils) and, if
 * it is installed, `pdf2txt.py` (PyPI: pdfminer.six) read. The measure is the agreement in word triples: the share of a
 * reference's sequences of three words that the text has too. It falls when words are lost, glued, split, or out of
 * order. Running heads and tables of contents do not count, since Millrace leaves them out.
 *
 * A file counts as prose if `isProse` holds for what `pdftotext` reads. The aims are that 95 % of the prose files have
 * an agreement of 0.95 with the program that agrees more, and that the agreement with pdfminer is not below that of
 * pdftotext with pdfminer. The two programs often disagree, in tables most of all. So other figures are the agreement
 * with the triples that both of them read, with those in the paragraphs of each, and how far the two agree.
 *
 * The directory keeps the references in `.references`, and the texts that were read in `.references/millrace`.
 */

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { systemClock as clock } from "@millrace/shared";
import type { DocumentReading } from "../services/worker/src/documents/document-reading.ts";
import { openThreadPool } from "../services/worker/src/threads/thread-pool.ts";
import { argumentsFrom } from "./parts/arguments.ts";
import { installedPrograms, referenceText } from "./parts/reference-texts.ts";
import { circumstances, keep, median, rounded } from "./parts/report.ts";
import {
  agreement,
  isProse,
  recall,
  triplesInParagraphs,
  triplesOf,
  withoutFurniture,
  wordsOf,
} from "./parts/word-triples.ts";

const [directory, part = ""] = argumentsFrom(0);
if (directory === undefined) throw new Error("Name a directory of PDF files.");

/** A reference of fewer words says nothing. */
const LEAST_WORDS = 30;
const GOOD = 0.95;

const programs = installedPrograms();
if (!programs.includes("pdftotext")) throw new Error("Install pdftotext (Debian: poppler-utils).");
const threadLimits = { threads: 2, cpuMs: 60_000, timeMs: 120_000, memoryMb: 512 };
const pool = openThreadPool({ clock, ...threadLimits });
const limits = { pages: 5_000, characters: 10_000_000 };
const texts = join(directory, ".references", "millrace");
mkdirSync(texts, { recursive: true });

/** Each is the share of the second one's triples that the first one reads. */
interface Pairs {
  readonly millraceOfPdfminer: number;
  readonly pdftotextOfPdfminer: number;
  readonly millraceOfPdftotext: number;
  readonly pdfminerOfPdftotext: number;
  /** How far one of the programs reads what stands in paragraphs of the other. */
  readonly inParagraphs: number | undefined;
}

interface Row {
  readonly file: string;
  readonly outcome: string;
  readonly prose: boolean;
  readonly words: number;
  /** Undefined if no program reads enough words. */
  readonly best: number | undefined;
  readonly recall: number | undefined;
  /** As `best`, of the triples in paragraphs. */
  readonly inParagraphs: number | undefined;
  /** The share of the triples that both programs read. Undefined without two programs. */
  readonly both: number | undefined;
  /** How far the programs agree with each other, and Millrace with each. Undefined without two programs. */
  readonly pairs: Pairs | undefined;
  readonly ms: number;
}

async function read(path: string): Promise<DocumentReading | { readonly kind: string }> {
  const prepare = () => {
    const bytes = new Uint8Array(readFileSync(path));
    const input = { filename: path, contentType: "application/pdf", bytes, limits };
    return { input, transfer: [bytes.buffer] };
  };
  const options = { key: "bench", signal: new AbortController().signal };
  try {
    const outcome = await pool.run("readDocument", prepare, options);
    return outcome.kind === "done" ? outcome.value : outcome;
  } catch (error) {
    return { kind: `threw ${String(error)}` };
  }
}

async function rowOf(file: string): Promise<Row> {
  const path = join(directory as string, file);
  const startMs = clock.nowMs();
  const reading = await read(path);
  const ms = clock.nowMs() - startMs;
  const text = "text" in reading ? reading.text : "";
  const warnings = "warnings" in reading ? (reading.warnings ?? []) : [];
  writeFileSync(join(texts, `${file}.txt`), `${text}\n${warnings.join("\n")}`);
  const outcome = "reason" in reading ? reading.reason : reading.kind;
  const words = wordsOf(text);
  const plain = programs.map((program) => withoutFurniture(referenceText(program, path)));
  const references = plain.map(wordsOf);
  const enough = references.filter((reference) => reference.length >= LEAST_WORDS);
  const triples = triplesOf(words);
  const [poppler = [], miner = []] = references;
  const [ofPoppler, ofMiner] = [triplesOf(poppler), triplesOf(miner)];
  const hasBoth = Math.min(poppler.length, miner.length) >= LEAST_WORDS;
  const inBoth = new Set([...ofPoppler].filter((triple) => ofMiner.has(triple)));
  const [ofParagraphs = new Set<string>(), ofParagraphsToo = new Set<string>()] =
    plain.map(triplesInParagraphs);
  // A program that breaks lines elsewhere may leave few paragraphs, which would say little.
  const paragraphs = [
    { wanted: ofParagraphs, words: poppler, all: ofPoppler, others: ofMiner },
    { wanted: ofParagraphsToo, words: miner, all: ofMiner, others: ofPoppler },
  ].filter(({ wanted, words, all }) => words.length >= LEAST_WORDS && wanted.size >= all.size / 2);
  const highest = (shares: readonly number[]) =>
    shares.length === 0 ? undefined : Math.max(...shares);
  return {
    ...{ file, outcome, ms, words: words.length },
    prose: isProse(plain[0] ?? ""),
    best: highest(enough.map((reference) => agreement(triples, triplesOf(reference)))),
    recall: highest(enough.map((reference) => recall(words, reference))),
    inParagraphs: highest(paragraphs.map(({ wanted }) => agreement(triples, wanted))),
    both: hasBoth ? agreement(triples, inBoth) : undefined,
    pairs: hasBoth
      ? {
          millraceOfPdfminer: agreement(triples, ofMiner),
          pdftotextOfPdfminer: agreement(ofPoppler, ofMiner),
          millraceOfPdftotext: agreement(triples, ofPoppler),
          pdfminerOfPdftotext: agreement(ofMiner, ofPoppler),
          inParagraphs: highest(paragraphs.map(({ wanted, others }) => agreement(others, wanted))),
        }
      : undefined,
  };
}

const files = readdirSync(directory).filter(
  (file) => file.toLowerCase().endsWith(".pdf") && file.includes(part),
);
const rows: Row[] = [];
const left = files.toSorted();
const work = async () => {
  for (let file = left.shift(); file !== undefined; file = left.shift()) {
    rows.push(await rowOf(file));
    if (rows.length % 100 === 0) console.log(`${rows.length} of ${files.length}`);
  }
};
await Promise.all([work(), work()]);
await pool.close();

const isGood = ({ best }: Row) => (best ?? 0) >= GOOD;
const shareOf = (some: readonly Row[], holds: (row: Row) => boolean) =>
  rounded(some.filter(holds).length / some.length);
const summaryOf = (some: readonly Row[]) => ({
  files: some.length,
  shareGoodWhereBothAgree: shareOf(
    some.filter(({ both }) => both !== undefined),
    ({ both = 0 }) => both >= GOOD,
  ),
  medianAgreement: rounded(median(some.map(({ best }) => best ?? 0))),
  shareGood: shareOf(some, isGood),
  shareGoodInParagraphs: shareOf(
    some.filter(({ inParagraphs }) => inParagraphs !== undefined),
    ({ inParagraphs = 0 }) => inParagraphs >= GOOD,
  ),
  shareRecall: shareOf(some, ({ recall }) => (recall ?? 0) >= GOOD),
});
const compared = rows.filter(({ best }) => best !== undefined);
const prose = compared.filter((row) => row.prose);
const withPairs = prose.flatMap(({ pairs }) => (pairs === undefined ? [] : [pairs]));
const programsAgree = ({ pairs }: Row) =>
  pairs !== undefined && Math.max(pairs.pdftotextOfPdfminer, pairs.pdfminerOfPdftotext) >= GOOD;
const agreed = prose.filter(programsAgree);
const disagreed = prose.filter((row) => row.pairs !== undefined && !programsAgree(row));
const meanOf = (of: (pairs: Pairs) => number) =>
  rounded(withPairs.reduce((sum, pairs) => sum + of(pairs), 0) / withPairs.length);
const outcomes = Object.groupBy(rows, ({ outcome }) => outcome);
const result = {
  question: "agreement of the text of PDF files with other programs, in word triples",
  ...circumstances("not used"),
  programs,
  files: rows.length,
  outcomes: Object.fromEntries(
    Object.entries(outcomes).map(([outcome, of = []]) => [outcome, of.length]),
  ),
  prose: summaryOf(prose),
  all: summaryOf(compared),
  proseReadByBoth: {
    files: withPairs.length,
    millraceOfPdfminer: meanOf((pairs) => pairs.millraceOfPdfminer),
    pdftotextOfPdfminer: meanOf((pairs) => pairs.pdftotextOfPdfminer),
    millraceOfPdftotext: meanOf((pairs) => pairs.millraceOfPdftotext),
    pdfminerOfPdftotext: meanOf((pairs) => pairs.pdfminerOfPdftotext),
    inWhichTheProgramsAgree: { files: agreed.length, shareGood: shareOf(agreed, isGood) },
    inWhichTheyDoNot: { files: disagreed.length, shareGood: shareOf(disagreed, isGood) },
    shareOfTheProgramsInParagraphs: rounded(
      withPairs.filter(({ inParagraphs }) => (inParagraphs ?? 0) >= GOOD).length / withPairs.length,
    ),
  },
  seconds: rounded(rows.reduce((sum, { ms }) => sum + ms, 0) / 1_000),
};
console.log(JSON.stringify(result, null, 2));
const worst = compared.toSorted((a, b) => (a.best ?? 0) - (b.best ?? 0));
for (const row of worst) {
  if ((row.best ?? 0) >= GOOD) break;
  const { file, outcome, best = 0, both = 0, recall = 0 } = row;
  console.log(
    `${row.prose ? "prose" : "other"} ${best.toFixed(3)} both ${both.toFixed(3)} recall ${recall.toFixed(3)} ${row.words} words ${outcome} ${file}`,
  );
}
if (part === "") keep("pdf-text", result);
