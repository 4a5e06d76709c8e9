import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect, onTestFinished, test } from "vitest";
import { fakeScheduler, lease } from "./fake-scheduler.ts";

/**
 * A worker with an executor that blocks its event loop until a byte comes on standard input, and one that does
 * not block.
 */
const blockingWorker = `
import { readSync } from "node:fs";
import { systemClock as clock, systemRandom as random } from "@millrace/shared";
import { startWorker } from "@millrace/worker-sdk";
const say = (line) => console.log(JSON.stringify(line));
const [, port, maxBlockedMs] = process.argv;
startWorker({
  address: "127.0.0.1:" + port,
  ...{ workerId: "w1", queues: ["documents"], slots: 3, maxBlockedMs: Number(maxBlockedMs), clock, random },
  executors: {
    block: async () => {
      say({ begun: "block" });
      // Waits until the line above has been written.
      await new Promise((resolve) => process.stdout.write("", resolve));
      readSync(0, Buffer.alloc(1));
      return "unblocked";
    },
    calm: ({ signal }) => new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
    none: async () => null,
  },
  log: (level, message, fields) => say({ level, message, ...fields }),
});
`;

/** Returns a function that reads lines of JSON until one contains the given text. */
function linesOf(stream: NodeJS.ReadableStream) {
  const lines = createInterface(stream)[Symbol.asyncIterator]();
  return async (has: string): Promise<Record<string, unknown>> => {
    for (;;) {
      const { value, done } = await lines.next();
      if (done === true) throw new Error(`the output ended without a line that contains ${has}`);
      if (value.includes(has)) return JSON.parse(value);
    }
  };
}

async function setup(maxBlockedMs = 60_000) {
  const { port, stream, close } = await fakeScheduler();
  const args = [
    "--input-type=module",
    "--eval",
    blockingWorker,
    String(port),
    String(maxBlockedMs),
  ];
  const child = spawn(process.execPath, args, {
    cwd: join(import.meta.dirname, ".."),
    env: { PATH: process.env.PATH },
    stdio: ["pipe", "pipe", "pipe"],
  });
  const ended = once(child, "exit");
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await ended;
    close();
  });
  const s = await stream();
  s.welcome();
  const heard = linesOf(child.stdout);
  s.assignAll([
    ["calm", 1n],
    ["block", 2n],
  ]);
  await heard('"begun":"block"');
  return { s, heard, past: linesOf(child.stderr), unblock: () => void child.stdin.write("x") };
}

test("the leases of all jobs are renewed while an executor blocks the event loop", async () => {
  const { s, unblock } = await setup();
  s.seen.length = 0;
  for (let beats = 0; beats < 10; beats += 1) {
    expect((await s.next("heartbeat")).leases).toMatchObject([lease(1n), lease(2n)]);
  }
  unblock();
  const { outcomes } = await s.next("settle");
  expect(outcomes[0]).toMatchObject({
    ...{ lease: lease(2n), outcome: { case: "completed", value: { resultJson: '"unblocked"' } } },
  });
});

test("a blocked worker hands back the jobs it has not begun, and both threads name the jobs that block", async () => {
  const { s, heard, past, unblock } = await setup();
  // This job comes after the block. Its assignment waits in the queue of the main thread.
  s.assign("none", 3n);
  expect(await past("has been blocked for")).toMatchObject({
    ...{ level: "warn", job_id: lease().jobId, type: "calm" },
    msg: expect.stringMatching(
      /^the event loop has been blocked for \d+ s: one of 2 jobs that run$/,
    ),
  });
  expect((await s.next("settle")).outcomes).toMatchObject([
    { lease: lease(3n), outcome: { case: "handedBack" } },
  ]);
  s.settleAck(undefined, 3n);
  unblock();
  for (const type of ["calm", "block"]) {
    expect(await heard("blocked the event loop for")).toMatchObject({
      ...{ level: "warn", jobId: lease().jobId, type },
    });
  }
  // The job that ended and the job that was handed back each free a slot.
  expect((await s.next("settle")).outcomes).toMatchObject([{ lease: lease(2n) }]);
  let slots = 0;
  while (slots < 2) slots += (await s.next("credit")).slots;
  expect(slots).toBe(2);
});

test("a worker that is blocked for too long stops renewing its leases until it is unblocked", async () => {
  const { s, past, unblock } = await setup(0);
  await past("no longer renewed");
  unblock();
  await s.next("settle");
  s.settleAck(undefined, 2n);
  s.seen.length = 0;
  let renewed: readonly object[];
  // Heartbeats that were sent before the answer arrived still carry both leases.
  do renewed = (await s.next("heartbeat")).leases;
  while (renewed.length === 2);
  expect(renewed).toMatchObject([lease(1n)]);
});
