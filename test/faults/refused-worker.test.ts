/** Tests the shipped worker in cases where no scheduler can ever accept it. */
import { startService } from "@millrace/local";
import { expect, test } from "vitest";
import { Heard } from "./heard.ts";
import { startForTest } from "./setup.ts";

/** Resolves with the exit code once the worker has ended, whether it was ready before or not. */
async function runWorker(settings: Readonly<Record<string, string>>) {
  const log = new Heard<string>();
  const started = startService("worker", {
    settings: { MILLRACE_METRICS_PORT: "0", ...settings },
    log: (line) => log.add(line),
  });
  const code = await started.then(
    async (service) => (await service.exited).code,
    (error: Error) => Number(/ended \((\d+)\)/.exec(error.message)?.[1]),
  );
  return { code, logged: log.items.join("\n") };
}

test("a wrong token ends the worker with exit code 78 and the setting to change", async () => {
  const token = { MILLRACE_WORKER_TOKEN: "right" };
  const { system } = await startForTest({
    workers: 0,
    settings: { scheduler: token },
  });
  const { code, logged } = await runWorker({
    MILLRACE_SCHEDULER_ADDRESS: system.workerTarget,
    MILLRACE_WORKER_TOKEN: "wrong",
  });
  expect(code).toBe(78);
  expect(logged).toMatch(/refused this worker .*MILLRACE_WORKER_TOKEN/);
});

test.each([
  ["MILLRACE_QUEUES", "Documents", /Documents\\?" must be a name/],
  ["MILLRACE_WORKER_ID", "a b", /must be 1 to 128 characters/],
  ["MILLRACE_SLOTS", "0", /MILLRACE_SLOTS/],
])("a wrong %s ends the worker with exit code 78 before it connects", async (name, value, says) => {
  const { code, logged } = await runWorker({
    MILLRACE_SCHEDULER_ADDRESS: "127.0.0.1:1",
    [name]: value,
  });
  expect(code).toBe(78);
  expect(logged).toMatch(says);
});
