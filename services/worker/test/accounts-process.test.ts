import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { freePort } from "@millrace/testing";
import { expect, onTestFinished, test } from "vitest";

const main = join(import.meta.dirname, "../src/main.ts");

/** A worker as a process of its own, without a scheduler, and the lines of its log. */
async function startWorkerProcess(text: string, more: Readonly<Record<string, string>> = {}) {
  const folder = mkdtempSync(join(tmpdir(), "millrace-worker-"));
  const path = join(folder, "accounts.yaml");
  writeFileSync(path, text);
  const child: ChildProcessWithoutNullStreams = spawn(process.execPath, [main], {
    env: {
      ...{ PATH: process.env.PATH, MILLRACE_ACCOUNTS_FILE: path, MILLRACE_DOCUMENTS_DIR: folder },
      ...{ MILLRACE_SCHEDULER_ADDRESS: `127.0.0.1:${await freePort()}` },
      ...{ MILLRACE_METRICS_PORT: "0", ...more },
    },
  });
  const exited = once(child, "exit");
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await exited;
    rmSync(folder, { recursive: true });
  });
  let errors = "";
  child.stderr.on("data", (bytes) => {
    errors += String(bytes);
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const until = async (message: string): Promise<Record<string, unknown>> => {
    for (;;) {
      const { value, done } = await lines.next();
      if (done === true)
        throw new Error(`the worker ended before it logged "${message}": ${errors}`);
      const line = JSON.parse(value as string) as Record<string, unknown>;
      if (String(line.msg).includes(message)) return line;
    }
  };
  const write = (content: string) => writeFileSync(path, content);
  return { child, until, write, exited, stderr: () => errors };
}

const one = "accounts: [{ name: a, kind: extractive }]";

test("a worker reads its accounts again on SIGHUP, and survives a file that turned wrong", async () => {
  const { child, until, write } = await startWorkerProcess(one);
  await until("started");
  write("accounts: []");
  child.kill("SIGHUP");
  expect(await until("not usable")).toMatchObject({ level: "warn" });
  write("accounts: [{ name: b, kind: extractive }]");
  child.kill("SIGHUP");
  expect(await until("was read again")).toMatchObject({ accounts: ["b"] });
});

test("a worker whose accounts are wrong ends, and says all that is wrong", async () => {
  const text = "accounts: [{ name: a, kind: openai, secret_env: NOT_SET }]";
  const { exited, child } = await startWorkerProcess(text);
  const logged: string[] = [];
  child.stdout.on("data", (bytes) => logged.push(String(bytes)));
  child.stderr.on("data", (bytes) => logged.push(String(bytes)));
  expect((await exited)[0]).toBe(78);
  expect(logged.join("")).toContain("account a: secret_env: the variable NOT_SET is not set");
});

test("a worker takes the account of its settings or a file, not both", async () => {
  const settings = { MILLRACE_PROVIDER: "openai", OPENAI_API_KEY: "k" };
  const { exited, child } = await startWorkerProcess(one, settings);
  const logged: string[] = [];
  child.stdout.on("data", (bytes) => logged.push(String(bytes)));
  child.stderr.on("data", (bytes) => logged.push(String(bytes)));
  expect((await exited)[0]).toBe(78);
  expect(logged.join("")).toContain("MILLRACE_PROVIDER: not used with MILLRACE_ACCOUNTS_FILE");
});
