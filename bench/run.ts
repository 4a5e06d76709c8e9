/** Runs every benchmark, one after another: `pnpm bench`. Each prints its ratios and writes them to bench/results. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

const benchmarks = [
  ["end-to-end.ts"],
  ["rates.ts"],
  ["idle-latency.ts"],
  ["chunk-latency.ts"],
  ["stream-thread.ts"],
  ["openai.ts"],
  ["watchers.ts"],
  ["freeze.ts"],
  ["schedules.ts"],
  ["tracing.ts"],
  ["webhooks.ts"],
  ["overload.ts"],
  ["batches.ts"],
  ["bullmq.ts"],
  ["engine.ts", "life"],
  ["engine.ts", "waiting"],
  ["engine.ts", "keys"],
  ["groups.ts"],
  ["routes.ts"],
  ["quotes.ts"],
  ["summaries.ts"],
  ["book.ts", "3"],
  ["book-reading.ts"],
] as const;

for (const [at, [file, ...args]] of benchmarks.entries()) {
  console.log(`\n[${at + 1} of ${benchmarks.length}] ${[file, ...args].join(" ")}`);
  const child = spawn(process.execPath, [join(import.meta.dirname, file), ...args], {
    stdio: "inherit",
  });
  const [code] = await once(child, "exit");
  if (code !== 0) process.exit(code ?? 1);
}
