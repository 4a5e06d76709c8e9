import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { cpus, loadavg, totalmem } from "node:os";
import { join } from "node:path";

const root = join(import.meta.dirname, "../..");

/** Describes the machine and the versions of a measurement. */
export function circumstances(redisVersion: string) {
  const processors = cpus();
  return {
    commit: git("rev-parse", "HEAD"),
    uncommittedChanges: git("status", "--porcelain", "--", ":!bench/results") !== "",
    date: new Date().toISOString(),
    cores: processors.length,
    processor: processors[0]?.model.trim() ?? "unknown",
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    loadBefore: loadavg()[0],
    node: process.version,
    redis: redisVersion,
    bullmq: versionOf("bullmq"),
  };
}

/** Writes a result to bench/results/<name>.json. It replaces the previous result. */
export function keep(name: string, result: object): void {
  const folder = join(root, "bench/results");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${name}.json`), `${JSON.stringify(result, null, 2)}\n`);
}

export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN;
}

export const median = (values: readonly number[]): number => quantile(values, 0.5);

/** Formats ratios as "x1.52 (1.44–1.60)": the median and the range. */
export function ratioText(ratios: readonly number[]): string {
  const [low, middle, high] = [quantile(ratios, 0), median(ratios), quantile(ratios, 1)];
  return `x${middle.toFixed(2)} (${low.toFixed(2)}–${high.toFixed(2)})`;
}

/** Rounds to two decimals, because further digits would be noise. */
export const rounded = (value: number): number => Math.round(value * 100) / 100;

function git(...args: string[]): string {
  try {
    return execFileSync("git", args, { cwd: root, encoding: "utf8" }).trim();
  } catch {
    return "unknown";
  }
}

function versionOf(name: string): string {
  const file = join(root, "bench/node_modules", name, "package.json");
  return (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
}
