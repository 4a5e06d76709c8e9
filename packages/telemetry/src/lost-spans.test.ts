import { ManualClock } from "@millrace/testing";
import { expect, test } from "vitest";
import { createLogger } from "./logger.ts";
import { LostSpans } from "./lost-spans.ts";

function setup() {
  const lines: Record<string, unknown>[] = [];
  const write = (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>);
  const clock = new ManualClock();
  const log = createLogger("worker", { destination: { write } });
  return { clock, lines, lost: new LostSpans({ collector: "http://collector:4318", clock, log }) };
}

test("a collector that is dead for minutes is a line at once, and then a line a minute with the count", () => {
  const { clock, lines, lost } = setup();
  for (let second = 0; second < 180; second += 1) {
    lost.lost(10, new Error("connect ECONNREFUSED"));
    clock.advance(1_000);
  }
  lost.taken();
  expect(lines.map(({ level, msg, lost: count }) => [level, msg, count])).toEqual([
    ["warn", "spans were lost", 10],
    ["warn", "spans were lost", 590],
    ["warn", "spans were lost", 600],
    ["warn", "spans were lost", 600],
    ["info", "the collector takes spans again", undefined],
  ]);
  expect(lines[0]).toMatchObject({
    collector: "http://collector:4318",
    error: { message: "connect ECONNREFUSED" },
  });
});

test("what is lost when the service ends is reported, and a healthy collector is no line", () => {
  const { lines, lost } = setup();
  lost.taken();
  lost.close();
  expect(lines).toEqual([]);
  lost.lost(3, undefined);
  lost.lost(4, undefined);
  lost.close();
  expect(lines.map(({ lost: count }) => count)).toEqual([3, 4]);
});
