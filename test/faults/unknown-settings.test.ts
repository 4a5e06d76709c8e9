import { expect, test } from "vitest";
import { startForTest } from "./setup.ts";

test("every service names the variables that look like its settings and are none, without their values", async () => {
  const { log } = await startForTest({ settings: { all: { MILLRACE_PROT: "hidden" } } });
  const lines = log.items.filter(({ settings }) => settings !== undefined);
  expect(new Set(lines.map(({ service }) => service))).toEqual(
    new Set(["scheduler", "gateway", "worker"]),
  );
  for (const line of lines) {
    expect(line).toMatchObject({
      ...{ level: "warn", settings: ["MILLRACE_PROT"] },
      msg: "these variables are not settings of this service and have no effect: check their names",
    });
  }
  expect(lines).toHaveLength(3);
  expect(JSON.stringify(log.items)).not.toContain("hidden");
}, 180_000);
