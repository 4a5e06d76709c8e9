/** Compares Millrace with its peers: `node bench/peers/run.ts --help`. Results go to bench/results/peers.json. */
import { parseArgs } from "node:util";
import { circumstances, keep, median, quantile } from "../parts/report.ts";
import type { Contender } from "./contenders.ts";
import { countOf, postgresFor, presentOf } from "./presence.ts";
import { type Round, runRound } from "./round.ts";
import { openStore } from "./stores.ts";
import { versionsOf } from "./versions.ts";

const help = `How fast, and at what cost, do jobs that do nothing pass through Millrace and its peers?

  node bench/peers/install.ts               once: installs the peers in the folders of their programs
  node bench/peers/run.ts [options]

  --jobs <count>      jobs a turn                           (20000)
  --rounds <count>    rounds                                (5)
  --slots <count>     jobs that a worker may run at once    (64)
  --only <names>      these alone, by commas: --only Celery,River
  --list              what there is, how it is set, and what is not installed
  --keep              keep the result in bench/results/peers.json
  --help

In each round every contender has its turn, twice: with 64 calls of one job in flight, and with 4
calls of 100 where it has such a call. Each turn has a store, a producer and a worker of its own.
As it stands that takes some ten minutes on two quiet cores, and with Temporal an hour.
Also: node bench/peers/memory.ts --help; node bench/peers/report.ts puts what is kept into the page.`;

const { values: given } = parseArgs({
  options: {
    jobs: { type: "string", default: "20000" },
    rounds: { type: "string", default: "5" },
    slots: { type: "string", default: "64" },
    only: { type: "string" },
    list: { type: "boolean" },
    keep: { type: "boolean" },
    help: { type: "boolean" },
  },
});
if (given.help) {
  console.log(help);
  process.exit();
}

const ways = [
  { name: "one by one", inFlight: 64, batch: 1 },
  { name: "in batches", inFlight: 4, batch: 100 },
] as const;
const jobs = countOf("jobs", given.jobs);
const rounds = countOf("rounds", given.rounds);
const slots = countOf("slots", given.slots);

const present = presentOf(given.only);
if (given.list) {
  for (const { name, settings } of present) console.log(`${name}: ${settings}`);
  process.exit();
}

const postgres = await postgresFor(present);
await using parts = new AsyncDisposableStack();
if (postgres !== undefined) parts.use(postgres);

interface Turn {
  readonly contender: Contender;
  readonly way: (typeof ways)[number];
  readonly done: Round[];
}
const turns: readonly Turn[] = ways.flatMap((way) =>
  present
    .filter(({ batches }) => way.batch === 1 || batches)
    .map((contender) => ({ contender, way, done: [] })),
);

async function redisVersion(): Promise<string> {
  await using store = await openStore("redis");
  return store.version;
}
const about = circumstances(await redisVersion());

console.log(
  `${jobs} jobs per turn, ${rounds} rounds, ${about.redis}, PostgreSQL ${postgres?.version}`,
);
for (let round = 1; round <= rounds; round += 1) {
  for (const { contender, way, done } of turns) {
    const result = await runRound(contender, { jobs, ...way }, slots, postgres);
    done.push(result);
    const cpu = Object.entries(result.cpuUsPerJob).map(([part, us]) => `${part} ${us}`);
    console.log(
      `  ${round} ${contender.name.padEnd(18)} ${way.name.padEnd(11)} ` +
        `${result.jobsPerSecond.toFixed(0).padStart(7)} jobs/s  ` +
        `CPU us per job: ${String(result.cpuUsPerJobInAll).padStart(6)} (${cpu.join(", ")})`,
    );
  }
}

const spread = (values: readonly number[]) => ({
  median: Math.round(median(values)),
  lowest: Math.round(quantile(values, 0)),
  highest: Math.round(quantile(values, 1)),
});
if (given.keep) {
  keep("peers", {
    question: "jobs that do nothing, compared with peers",
    ...about,
    postgres: postgres?.version,
    versions: versionsOf(present),
    jobs,
    rounds,
    slots,
    results: turns.map(({ contender: { name, store, seesEnds, settings }, way, done }) => ({
      ...{ name, store, seesEnds, settings, way: way.name },
      jobsPerSecond: spread(done.map(({ jobsPerSecond }) => jobsPerSecond)),
      cpuUsPerJob: spread(done.map(({ cpuUsPerJobInAll }) => cpuUsPerJobInAll)),
      rounds: done,
    })),
  });
  console.log("kept in bench/results/peers.json");
}
