import { steadyClock, systemRandom } from "@millrace/shared";
import { expect, onTestFinished, test, vi } from "vitest";
import { checkOptions } from "./check-options.ts";
import { withDefaults } from "./worker-defaults.ts";

const least = { address: "127.0.0.1:7072", queues: ["words"], executors: { a: async () => null } };

test("address, queues and executors are enough", () => {
  const settings = withDefaults(least);
  expect(() => checkOptions(settings)).not.toThrow();
  expect(settings).toMatchObject({ ...least, slots: 4, clock: steadyClock, random: systemRandom });
});

test("two workers of one process have different ids", () => {
  const [one, other] = [withDefaults(least), withDefaults(least)];
  expect(one.workerId).toMatch(new RegExp(`^[A-Za-z0-9._-]+-${process.pid}-[0-9a-f]{8}$`));
  expect(one.workerId).not.toBe(other.workerId);
});

test("what is given is kept", () => {
  const log = () => undefined;
  const given = { ...least, workerId: "w", slots: 9, log };
  expect(withDefaults(given)).toMatchObject(given);
});

test("without a log, warnings and errors are lines of JSON on standard error", () => {
  const write = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  onTestFinished(() => write.mockRestore());
  const { log } = withDefaults(least);
  log("debug", "not printed");
  log("info", "not printed either");
  log("warn", "the stream was cut", { jobId: "j", delayMs: 5 });
  log("error", "refused");
  const lines = write.mock.calls.map(([line]) => JSON.parse(String(line)));
  const time = expect.any(String);
  expect(lines).toEqual([
    { level: "warn", time, job_id: "j", delayMs: 5, msg: "the stream was cut" },
    { level: "error", time, msg: "refused" },
  ]);
});
