import { StoreUnavailable } from "@millrace/engine";
import { createLogger } from "@millrace/telemetry";
import { ManualClock } from "@millrace/testing";
import { expect, test } from "vitest";
import { OutageLog } from "./outage-log.ts";

function setup() {
  const lines: Record<string, unknown>[] = [];
  const write = (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>);
  const clock = new ManualClock();
  const outages = new OutageLog({
    clock,
    log: createLogger("scheduler", { destination: { write } }),
  });
  return { clock, outages, lines };
}

const outage = new StoreUnavailable("Redis is unavailable: reap_leases: Connection is closed.");

test("ten minutes without Redis are a line a minute, and one when it is back", () => {
  const { clock, outages, lines } = setup();
  outages.answered();
  for (let second = 0; second < 600; second += 1) {
    // Nine duties fail each second.
    for (let duty = 0; duty < 9; duty += 1) expect(outages.noted(outage)).toBe(true);
    clock.advance(1_000);
  }
  outages.answered();
  outages.answered();
  expect(lines).toHaveLength(11);
  expect(lines[0]).toMatchObject({
    level: "warn",
    msg: "Redis is unavailable",
    reason: outage.message,
  });
  expect(lines[1]).toMatchObject({ level: "warn", away_s: 60, failures: 541 });
  expect(lines.at(-1)).toMatchObject({
    ...{ level: "info", msg: "Redis is available again", away_s: 600, failures: 5_400 },
  });
  expect(JSON.stringify(lines).length).toBeLessThan(4_000);
});

test("the next outage is logged at once", () => {
  const { clock, outages, lines } = setup();
  outages.noted(outage);
  outages.answered();
  clock.advance(1_000);
  outages.noted(outage);
  expect(lines.map(({ msg }) => msg)).toEqual([
    "Redis is unavailable",
    "Redis is available again",
    "Redis is unavailable",
  ]);
});

test("an error of another kind is not an outage", () => {
  const { outages, lines } = setup();
  expect(outages.noted(new Error("a bug"))).toBe(false);
  expect(lines).toEqual([]);
});
