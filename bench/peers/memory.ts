/**
 * How much memory does a waiting job take? `node bench/peers/memory.ts --help`. Results go to
 * bench/results/memory.json.
 */
import { parseArgs } from "node:util";
import { circumstances, keep } from "../parts/report.ts";
import type { Contender } from "./contenders.ts";
import { startLineProgram } from "./line-program.ts";
import { countOf, postgresFor, presentOf } from "./presence.ts";
import { usageOf } from "./process-tree.ts";
import { openStore } from "./stores.ts";
import { versionsOf } from "./versions.ts";

const help = `How much memory does a waiting job take, in Millrace and its peers?

  node bench/peers/memory.ts [options]

  --jobs <count>      how many wait        (100000)
  --only <names>      these alone, by commas
  --keep              keep the result in bench/results/memory.json
  --help

Jobs are stored and nobody runs them. "Kept" is Redis's used_memory, or the size of PostgreSQL's database.
Resident: what the processes of each part grew by, shared pages counted once.`;

const { values: given } = parseArgs({
  options: {
    jobs: { type: "string", default: "100000" },
    only: { type: "string" },
    keep: { type: "boolean" },
    help: { type: "boolean" },
  },
});
if (given.help) {
  console.log(help);
  process.exit();
}
const jobs = countOf("jobs", given.jobs);
// These jobs have no end, so contenders that see ends are left out.
const present = presentOf(given.only).filter(({ seesEnds }) => !seesEnds);
const postgres = await postgresFor(present);
await using parts = new AsyncDisposableStack();
if (postgres !== undefined) parts.use(postgres);

async function measure(contender: Contender) {
  await using store = await openStore(contender.store, postgres);
  await using producer = await startLineProgram(
    contender.producer,
    contender.folder,
    store.settings,
  );
  const order = contender.batches ? { inFlight: 4, batch: 100 } : { inFlight: 64, batch: 1 };
  // The first jobs create tables, scripts and connections, before the first measurement.
  await producer.produce({ ...order, jobs: 1_000 });
  const take = async () => ({ kept: await store.keptBytes(), usage: usageOf(store.pids) });
  const before = await take();
  await producer.produce({ ...order, jobs });
  const after = await take();
  const grown = Object.entries(after.usage).map(([part, { residentBytes }]) => [
    part,
    residentBytes - (before.usage[part]?.residentBytes ?? 0),
  ]);
  return {
    name: contender.name,
    store: store.version,
    keptBytesPerJob: Math.round((after.kept - before.kept) / jobs),
    grownMiB: Object.fromEntries(grown.map(([part, bytes]) => [part, mebibytes(Number(bytes))])),
  };
}

const mebibytes = (bytes: number) => Math.round((bytes / 2 ** 20) * 10) / 10;

const results = [];
console.log(`${jobs} waiting jobs`);
for (const contender of present) {
  const result = await measure(contender);
  results.push(result);
  const grown = Object.entries(result.grownMiB).map(([part, mib]) => `${part} +${mib} MiB`);
  console.log(
    `  ${result.name.padEnd(18)} ${String(result.keptBytesPerJob).padStart(6)} bytes kept per job; ` +
      `resident ${grown.join(", ")}`,
  );
}
if (given.keep) {
  const redis = results.find(({ store }) => store.startsWith("Redis"))?.store ?? "unknown";
  keep("memory", {
    question: "what a waiting job takes, compared with peers",
    ...circumstances(redis),
    postgres: postgres?.version,
    versions: versionsOf(present),
    jobs,
    results,
  });
  console.log("kept in bench/results/memory.json");
}
