import { spawn } from "node:child_process";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { expect, onTestFinished, test } from "vitest";

/** A worker at whose scheduler's address somebody listens who closes each connection. */
const lonelyWorker = (port: number) => `
import { systemClock as clock, systemRandom as random } from "@millrace/shared";
import { startWorker } from "@millrace/worker-sdk";
const worker = startWorker({
  address: "127.0.0.1:${port}",
  ...{ workerId: "alone", queues: ["documents"], slots: 1, executors: {}, clock, random },
  log: (_level, message) => console.log(message),
});
process.once("SIGTERM", async () => {
  await worker.drain(0);
  console.log("held by: " + process.getActiveResourcesInfo().join());
});
`;

test("a worker without a scheduler keeps trying to connect, says so once, and ends when it is drained", async () => {
  let tries = 0;
  const server = createServer((socket) => {
    tries += 1;
    socket.destroy();
    if (tries === 3) child.kill("SIGTERM");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", lonelyWorker(port)], {
    cwd: join(import.meta.dirname, ".."),
    env: { PATH: process.env.PATH },
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const [[code], printed] = await Promise.all([once(child, "exit"), text(child.stdout)]);
  expect(code).toBe(0);
  expect(printed.match(/connecting again/g)).toHaveLength(1);
  // The stream thread stays for another worker, but does not keep the process alive.
  expect(printed).toContain("held by: ");
  expect(printed).not.toContain("MessagePort");
  expect(tries).toBeGreaterThanOrEqual(3);
});
