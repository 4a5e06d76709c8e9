/**
 * Draws the pictures of docs/tracing.md from traces that it records: `node test/e2e/traces/pictures.ts`. It runs a whole
 * system, and lets each story happen.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { attributeNames } from "@millrace/telemetry";
import { drawTrace } from "./draw-trace.ts";
import { openSpanCollector, type Span } from "./span-collector.ts";
import { openStage, stories } from "./stories.ts";

const titles: Readonly<Record<string, string>> = {
  succeeded: "succeeded",
  retried: "failed once, and retried",
  bounced: "bounced by a 429",
  held: "held by the limit of its key",
  cancelled: "cancelled while it ran",
  lost: "lost its worker",
};

const folder = join(import.meta.dirname, "../../../docs/traces");
await mkdir(folder, { recursive: true });
await using collector = await openSpanCollector();
await using stage = await openStage(collector.settings);

const hasEnded = (spans: readonly Span[]) => {
  const ends = spans.filter(
    ({ name, attributes }) =>
      name === "millrace.settle" &&
      /^(SUCCEEDED|CANCELLED)$/.test(String(attributes[attributeNames.jobState])),
  );
  const attempts = spans.filter(({ name }) => name === "millrace.attempt").length;
  const settled = spans.filter(({ name }) => name === "millrace.settle").length;
  return ends.length > 0 && attempts >= settled && spans.some(({ parentId }) => parentId === "");
};

// Connections and caches of the first job are not what the pictures are about.
await stories.succeeded?.(stage);
for (const [name, run] of Object.entries(stories)) {
  const spans = await collector.job(await run(stage), hasEnded);
  await writeFile(join(folder, `${name}.svg`), drawTrace(titles[name] ?? name, spans));
}
