import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect, onTestFinished, test } from "vitest";

/** A worker whose scheduler's address is port 1, where nobody listens. */
const lonelyWorker = `
import { systemClock as clock, systemRandom as random } from "@millrace/shared";
import { startWorker } from "@millrace/worker-sdk";
const worker = startWorker({
  schedulerAddress: "127.0.0.1:1",
  ...{ workerId: "alone", queues: ["documents"], slots: 1, executors: {}, clock, random },
  log: (_level, message) => console.log(message),
});
process.once("SIGTERM", async () => {
  await worker.drain(0);
  console.log("held by: " + process.getActiveResourcesInfo().join());
});
`;

test("a worker without a scheduler keeps trying to connect, and ends when it is drained", async () => {
  const child = spawn(process.execPath, ["--input-type=module", "--eval", lonelyWorker], {
    cwd: join(import.meta.dirname, ".."),
    env: { PATH: process.env.PATH },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(child, "exit");
  onTestFinished(() => void child.kill("SIGKILL"));
  let tries = 0;
  let heldBy: string | undefined;
  for await (const line of createInterface(child.stdout)) {
    if (line.startsWith("held by: ")) heldBy = line;
    if (!line.includes("connecting again")) continue;
    tries += 1;
    if (tries === 3) child.kill("SIGTERM");
  }
  expect(await ended).toEqual([0, null]);
  // The stream thread stays for another worker, but does not keep the process alive.
  expect(heldBy).not.toContain("MessagePort");
  expect(tries).toBeGreaterThanOrEqual(3);
});
