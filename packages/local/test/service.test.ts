import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { startRedis, startService } from "@millrace/local";
import { expect, onTestFinished, test } from "vitest";

const anyPorts = {
  MILLRACE_SCHEDULER_PORT: "0",
  MILLRACE_WORKER_PORT: "0",
  MILLRACE_ADMIN_PORT: "0",
  MILLRACE_ADMIN_HTTP_PORT: "0",
  MILLRACE_METRICS_PORT: "0",
};

async function setup() {
  // The append-only file avoids a warning of the scheduler about a Redis that does not persist.
  const redis = await startRedis({ appendonly: true });
  onTestFinished(() => redis[Symbol.asyncDispose]());
  const lines: string[] = [];
  const settings = { ...anyPorts, MILLRACE_REDIS_URL: redis.url };
  const log = (line: string) => void lines.push(line);
  const scheduler = await startService("scheduler", { settings, log });
  onTestFinished(() => scheduler[Symbol.asyncDispose]());
  return { redis, scheduler, lines };
}

test("a service reports where it listens, and exits with 0 when it is stopped", async () => {
  const { scheduler, lines } = await setup();
  expect(Object.keys(scheduler.addresses).sort()).toEqual([
    ...["address", "admin", "adminHttp", "metrics", "workers"],
  ]);
  expect(await scheduler.stop()).toEqual({ code: 0, signal: null });
  const messages = lines.map((line) => String(JSON.parse(line).msg));
  // The line about the append-only file comes from a background duty, at any time.
  const ownMessages = messages.filter((msg) => !msg.includes("append-only file"));
  expect(ownMessages).toEqual(["Redis answers", "serving", "stopping"]);
});

test("a service can be restarted after it was killed, and while it hangs", async () => {
  const { scheduler } = await setup();
  const first = scheduler.pid;
  expect(await scheduler.kill()).toEqual({ code: null, signal: "SIGKILL" });
  await scheduler.restart();
  const second = scheduler.pid;
  expect(second).not.toBe(first);
  scheduler.pause();
  await scheduler.restart({ MILLRACE_SCHEDULER_ID: "again" });
  expect(scheduler.pid).not.toBe(second);
});

test("the error of a service that does not start contains its log", async () => {
  const settings = { ...anyPorts, MILLRACE_REDIS_URL: "redis", MILLRACE_LEASE_MS: "1" };
  await expect(startService("scheduler", { settings })).rejects.toThrow(
    /the scheduler ended \(78\) before it was ready[\s\S]*MILLRACE_REDIS_URL[\s\S]*MILLRACE_LEASE_MS/,
  );
});

test("a service and Redis end when the process that started them is killed", async () => {
  const child = spawn(process.execPath, [join(import.meta.dirname, "start-and-wait.ts")], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = (await once(createInterface(child.stdout), "line")) as [string];
  const ports = JSON.parse(line) as number[];
  const ends = ports.map(async (port) => {
    const socket = connect(port, "127.0.0.1").resume();
    // A killed server resets its connections.
    socket.on("error", () => undefined);
    await once(socket, "connect");
    return { ended: new Promise((resolve) => socket.once("close", resolve)) };
  });
  const connections = await Promise.all(ends);
  child.kill("SIGKILL");
  await Promise.all(connections.map(({ ended }) => ended));
});
