import { onTestFinished } from "vitest";
import { openSpanCollector } from "./span-collector.ts";

/** A collector that ends with the test. */
export async function startSpanCollector() {
  const collector = await openSpanCollector();
  onTestFinished(() => collector[Symbol.asyncDispose]());
  return collector;
}
