/**
 * How long does a worker take to read a book? `node bench/book-reading.ts [RUNS] [FILE]`
 *
 * Reads a PDF as a worker does, in one thread: a novel of about 550 pages, or FILE. The first run starts the thread and
 * loads the library, as the first document of a worker does.
 */

import { readFileSync } from "node:fs";
import { systemClock as clock } from "@millrace/shared";
import { typesetMobyDick } from "../scripts/moby-dick.ts";
import { openThreadPool } from "../services/worker/src/threads/thread-pool.ts";
import { argumentsFrom } from "./parts/arguments.ts";
import { circumstances, keep, median, rounded } from "./parts/report.ts";

const NOVEL = ".millrace/moby-dick.pdf";
const [runs = "5", file = NOVEL] = argumentsFrom(0);
if (file === NOVEL) await typesetMobyDick(NOVEL);

const threadLimits = { threads: 1, cpuMs: 120_000, timeMs: 600_000, memoryMb: 512 };
const pool = openThreadPool({ clock, ...threadLimits });
const limits = { pages: 5_000, characters: 10_000_000 };

async function readOnce() {
  let cpuMs = 0;
  const startMs = clock.nowMs();
  const prepare = () => {
    const bytes = new Uint8Array(readFileSync(file));
    const input = { filename: file, contentType: "application/pdf", bytes, limits };
    return { input, transfer: [bytes.buffer] };
  };
  const outcome = await pool.run("readDocument", prepare, {
    ...{ key: "bench", signal: new AbortController().signal },
    onSpent: (spentMs) => {
      cpuMs = spentMs;
    },
  });
  if (outcome.kind !== "done" || outcome.value.kind !== "text") {
    throw new Error(`${file} was not read: ${JSON.stringify(outcome).slice(0, 200)}`);
  }
  const { pages, text } = outcome.value;
  return { cpuMs, ms: clock.nowMs() - startMs, pages, characters: text.length };
}

const readings: Awaited<ReturnType<typeof readOnce>>[] = [];
for (let run = 0; run < Number(runs); run += 1) readings.push(await readOnce());
await pool.close();
const [first, ...others] = readings;
const seconds = (ms: number) => rounded(ms / 1_000);
const result = {
  question: "time to read the text of a book",
  ...circumstances("not used"),
  pages: first?.pages,
  characters: first?.characters,
  firstCpuSeconds: seconds(first?.cpuMs ?? 0),
  cpuSeconds: seconds(median(others.map(({ cpuMs }) => cpuMs))),
  seconds: seconds(median(others.map(({ ms }) => ms))),
};
console.log(JSON.stringify(result, null, 2));
if (file === NOVEL) keep("book-reading", result);
