// Draws what bench/results has, so that no figure is copied by hand.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Bar, chartOf, type Panel } from "../../bench/peers/chart.ts";
import { root } from "./pages.ts";

interface About {
  readonly commit: string;
  readonly date: string;
  readonly cores: number;
  readonly processor: string;
}
interface Range {
  readonly median: number;
  readonly lowest: number;
  readonly highest: number;
}
interface Peers extends About {
  readonly results: readonly {
    readonly name: string;
    readonly way: string;
    readonly jobsPerSecond: Range;
    readonly cpuUsPerJob: Range;
  }[];
}
interface Memory extends About {
  readonly results: readonly { readonly name: string; readonly keptBytesPerJob: number }[];
}
interface Fairness {
  readonly about: About;
  readonly giant: {
    readonly giantJobs: number;
    readonly fairP99: number;
    readonly fifoP99: number;
  };
}
interface IdleLatency extends About {
  readonly latency: Readonly<
    Record<"millrace" | "bullmq", Readonly<Record<"p50" | "p99", number>>>
  >;
}
interface PythonWorker extends About {
  readonly levels: readonly {
    readonly inFlight: number;
    readonly summary: readonly { readonly name: string; readonly jobsPerSecond: number }[];
  }[];
}

const result = <T>(name: string): T =>
  JSON.parse(readFileSync(join(root, "bench/results", `${name}.json`), "utf8")) as T;

const exact = (name: string, value: number, ours: boolean): Bar => ({
  ...{ name, median: value, lowest: value, highest: value, ours },
});
const isOurs = (name: string): boolean => name.startsWith("Millrace");

const inColoursOfThePage = (svg: string): string =>
  svg
    .replaceAll("#1e293b", "var(--vp-c-text-1)")
    .replaceAll("#64748b", "var(--vp-c-text-2)")
    .replaceAll("#94a3b8", "var(--vp-c-text-3)")
    .replaceAll("#14b8a6", "var(--vp-c-brand-1)")
    .replaceAll("#ffffff", "none")
    .replaceAll("\n", "");

function chart(
  title: string,
  says: string,
  about: About,
  file: string,
  panels: readonly Panel[],
): string {
  const { commit, date, cores, processor } = about;
  const drawn = inColoursOfThePage(chartOf(title, panels));
  const from = `[bench/results/${file}.json](../../../bench/results/${file}.json)`;
  const when = `Measured ${date.slice(0, 10)} at ${commit.slice(0, 8)} on ${cores} cores (${processor}); drawn from ${from}.`;
  return `## ${title}\n\n${says}\n\n<div class="picture chart">${drawn}</div>\n\n${when}\n`;
}

function peers(): string {
  const all = result<Peers>("peers");
  const panels = ["one by one", "in batches"].flatMap((way): Panel[] => {
    const results = all.results.filter((one) => one.way === way);
    const bars = (of: "jobsPerSecond" | "cpuUsPerJob", sign: 1 | -1) =>
      results
        .map((one): Bar => ({ ...one[of], name: one.name, ours: isOurs(one.name) }))
        .sort((a, b) => sign * (b.median - a.median));
    return [
      { title: `Submitted ${way}: jobs a second (more is better)`, bars: bars("jobsPerSecond", 1) },
      {
        title: `Submitted ${way}: µs of CPU for a job, all processes (less is better)`,
        bars: bars("cpuUsPerJob", -1),
      },
    ];
  });
  const says =
    "Jobs that do nothing, each queue with a producer and a worker on the same machine. The line at a bar's end is the range of the rounds.";
  return chart("Beside other queues", says, all, "peers", panels);
}

function memory(): string {
  const all = result<Memory>("memory");
  const bars = all.results
    .map(({ name, keptBytesPerJob }) => exact(name, keptBytesPerJob, isOurs(name)))
    .sort((a, b) => a.median - b.median);
  const says = "What the store keeps for a job that waits, in bytes.";
  return chart("Memory of a waiting job", says, all, "memory", [
    { title: "Bytes for a job (less is better)", bars },
  ]);
}

function fairness(): string {
  const { about, giant } = result<Fairness>("fairness");
  const says = `One key has ${giant.giantJobs.toLocaleString("en-GB")} jobs waiting when 10,000 other keys submit 20 each. The bars say how many jobs are leased before the first job of such a key.`;
  const bars = [
    exact("Millrace", giant.fairP99, true),
    exact("order of arrival", giant.fifoP99, false),
  ];
  return chart("A small key beside a giant one", says, about, "fairness", [
    { title: "Jobs leased before, p99 of the keys (less is better)", bars },
  ]);
}

function idleLatency(): string {
  const all = result<IdleLatency>("idle-latency");
  const panels = (["p50", "p99"] as const).map((part): Panel => {
    const bars = [
      exact("BullMQ", all.latency.bullmq[part], false),
      exact("Millrace", all.latency.millrace[part], true),
    ];
    return { title: `${part}, in milliseconds (less is better)`, bars };
  });
  const says =
    "From `submit` to the first line of the executor, without other load. BullMQ has no gateway and no scheduler between.";
  return chart("From submission to start", says, all, "idle-latency", panels);
}

function pythonWorker(): string {
  const all = result<PythonWorker>("python-worker");
  const panels = all.levels.map(({ inFlight, summary }): Panel => {
    const bars = summary.map(({ name, jobsPerSecond }) =>
      exact(name, jobsPerSecond, name === "TypeScript"),
    );
    return { title: `${inFlight} jobs in flight: jobs a second (more is better)`, bars };
  });
  return chart(
    "Workers in TypeScript and Python",
    "One worker process, jobs that do nothing.",
    all,
    "python-worker",
    panels,
  );
}

/** Returns the page of charts. */
export const chartsPage = (): string =>
  [
    "# Benchmark charts\n",
    "The site draws these charts from the stored results when it is built. [benchmarks.md](../../../docs/benchmarks.md) says how each was measured, and what it does not show.\n",
    ...[fairness(), peers(), memory(), idleLatency(), pythonWorker()],
  ].join("\n");
