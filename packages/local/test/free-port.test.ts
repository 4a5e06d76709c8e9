import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { freePort } from "@millrace/local";
import { expect, onTestFinished, test } from "vitest";

/** Asks for free ports in a process of its own, which stays until the test ends. */
async function portsOfAnotherProcess(count: number): Promise<number[]> {
  const program = join(import.meta.dirname, "ask-for-ports.ts");
  const child = spawn(process.execPath, [program, String(count)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const [line] = await once(createInterface(child.stdout), "line");
  return JSON.parse(String(line));
}

test("no port is given to two processes, nor twice to one", async () => {
  const own = async () => {
    const ports: number[] = [];
    while (ports.length < 300) ports.push(await freePort());
    return ports;
  };
  const ports = await Promise.all([own(), portsOfAnotherProcess(300), portsOfAnotherProcess(300)]);
  expect(new Set(ports.flat()).size).toBe(900);
});
