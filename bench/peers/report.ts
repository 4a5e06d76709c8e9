/**
 * Writes the results of peers, memory and start-up from bench/results into docs/benchmarks.md, between the
 * comments that name the results, and draws docs/peers.svg. `node bench/peers/report.ts`
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { chartOf, type Panel } from "./chart.ts";

const root = join(import.meta.dirname, "../..");
const page = join(root, "docs/benchmarks.md");

interface Spread {
  readonly median: number;
  readonly lowest: number;
  readonly highest: number;
}
interface Peer {
  readonly name: string;
  readonly way: string;
  readonly seesEnds: boolean;
  readonly jobsPerSecond: Spread;
  readonly cpuUsPerJob: Spread;
}
interface Circumstances {
  readonly commit: string;
  readonly date: string;
  readonly cores: number;
  readonly processor: string;
  readonly node: string;
  readonly redis: string;
  readonly postgres?: string;
  readonly versions?: Readonly<Record<string, string>>;
}
interface Peers extends Circumstances {
  readonly jobs: number;
  readonly rounds: number;
  readonly results: readonly Peer[];
}
interface Memory extends Circumstances {
  readonly jobs: number;
  readonly results: readonly {
    readonly name: string;
    readonly store: string;
    readonly keptBytesPerJob: number;
    readonly grownMiB: Readonly<Record<string, number>>;
  }[];
}
interface StartUp extends Circumstances {
  readonly rounds: number;
  readonly results: readonly {
    readonly name: string;
    readonly ready: { readonly p50: number; readonly p90: number };
    readonly cpuMs: number;
    readonly residentMiB: number;
  }[];
}

const grouped = (value: number): string => value.toLocaleString("en-GB");
const spreadText = ({ median, lowest, highest }: Spread): string =>
  `${grouped(median)} (${grouped(lowest)}–${grouped(highest)})`;
const table = (rows: readonly (readonly string[])[]): string => {
  const [head = [], ...body] = rows.map((cells) => `| ${cells.join(" | ")} |`);
  return [head, `|${"---|".repeat(rows[0]?.length ?? 0)}`, ...body].join("\n");
};
const onWhat = ({ cores, processor, node, redis, postgres, date, commit }: Circumstances): string =>
  `Measured ${date.slice(0, 10)} at ${commit.slice(0, 7)}: ${cores} cores (${processor}), Node ${node.slice(1)}, ` +
  `Redis ${redis.replace("Redis ", "")}${postgres === undefined ? "" : `, PostgreSQL ${postgres.split(" ")[0]}`}.`;
const isOurs = (name: string): boolean => name.startsWith("Millrace");

function peersText(result: Peers): string {
  const { results, versions = {}, rounds, jobs } = result;
  const named = (name: string) =>
    versions[name] === undefined ? `**${name}**` : `${name} ${versions[name]}`;
  const names = [...new Set(results.map(({ name }) => name))];
  const cell = (name: string, way: string, what: "jobsPerSecond" | "cpuUsPerJob") => {
    const found = results.find((one) => one.name === name && one.way === way);
    return found === undefined ? "–" : spreadText(found[what]);
  };
  const rows = names.map((name) => [
    named(name),
    cell(name, "one by one", "jobsPerSecond"),
    cell(name, "one by one", "cpuUsPerJob"),
    cell(name, "in batches", "jobsPerSecond"),
    cell(name, "in batches", "cpuUsPerJob"),
  ]);
  const head = ["", "one by one: jobs/s", "CPU µs a job", "in batches: jobs/s", "CPU µs a job"];
  const panelOf = (way: string, what: "jobsPerSecond" | "cpuUsPerJob", title: string): Panel => {
    const bars = results
      .filter((one) => one.way === way)
      .map((one) => ({ name: one.name, ours: isOurs(one.name), ...one[what] }));
    const best = what === "jobsPerSecond" ? -1 : 1;
    return { title, bars: bars.sort((a, b) => best * (a.median - b.median)) };
  };
  const svg = chartOf("Jobs that do nothing, through Millrace and its peers", [
    panelOf("one by one", "jobsPerSecond", "64 calls of one job in flight: jobs a second"),
    panelOf(
      "one by one",
      "cpuUsPerJob",
      "the same: CPU of all processes, µs a job (less is better)",
    ),
    panelOf("in batches", "jobsPerSecond", "4 calls of 100 jobs in flight: jobs a second"),
    panelOf(
      "in batches",
      "cpuUsPerJob",
      "the same: CPU of all processes, µs a job (less is better)",
    ),
  ]);
  writeFileSync(join(root, "docs/peers.svg"), svg);
  return [
    "![Millrace and its peers: jobs per second and CPU time per job](peers.svg)",
    table([head, ...rows]),
    `${onWhat(result)} ${grouped(jobs)} jobs a turn, ${rounds} rounds: median (lowest–highest).`,
  ].join("\n\n");
}

function memoryText(result: Memory): string {
  const rows = result.results.map(({ name, store, keptBytesPerJob, grownMiB }) => [
    isOurs(name) ? "**Millrace**" : `${name} ${result.versions?.[name] ?? ""}`.trim(),
    `${grouped(keptBytesPerJob)} in ${store.split(" ")[0]}`,
    Object.entries(grownMiB)
      .map(([part, mib]) => `${part} ${mib}`)
      .join(", "),
  ]);
  const head = ["", "bytes kept a job", "MiB that processes grew by"];
  return [
    table([head, ...rows]),
    `${onWhat(result)} ${grouped(result.jobs)} jobs that wait, of about 200 bytes of payload each.`,
  ].join("\n\n");
}

function startUpText(result: StartUp): string {
  const rows = result.results.map(({ name, ready, cpuMs, residentMiB }) => [
    name,
    `${(ready.p50 / 1_000).toFixed(2)} s`,
    `${(ready.p90 / 1_000).toFixed(2)} s`,
    `${(cpuMs / 1_000).toFixed(2)} s`,
    `${residentMiB} MiB`,
  ]);
  return [
    table([["", "ready after, p50", "p90", "CPU until then", "resident then"], ...rows]),
    `${onWhat(result)} ${result.rounds} starts each.`,
  ].join("\n\n");
}

const sections = {
  peers: (result: object) => peersText(result as Peers),
  memory: (result: object) => memoryText(result as Memory),
  "start-up": (result: object) => startUpText(result as StartUp),
};

let text = readFileSync(page, "utf8");
for (const [name, write] of Object.entries(sections)) {
  const file = join(root, `bench/results/${name}.json`);
  if (!existsSync(file)) {
    console.log(`${name}: there is no result yet`);
    continue;
  }
  const between = new RegExp(`(<!-- result: ${name} -->\n)[^]*?(<!-- end -->)`);
  if (!between.test(text))
    throw new Error(`docs/benchmarks.md has no comment for the result ${name}`);
  const written = write(JSON.parse(readFileSync(file, "utf8")) as object);
  text = text.replace(between, (_, begin, end) => `${begin}\n${written}\n\n${end}`);
  console.log(`${name}: written`);
}
writeFileSync(page, text);
