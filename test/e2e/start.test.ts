import { exec, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { type AddressInfo, connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { connectMillrace } from "@millrace/client";
import { AdminService } from "@millrace/proto/admin-service";
import { grpcClient } from "@millrace/runtime";
import { expect, onTestFinished, test } from "vitest";
import { python } from "./python.ts";
import { runCommand } from "./run-command.ts";
import { hasPythonLibraries } from "./webhooks/verifiers.ts";

const root = join(import.meta.dirname, "../..");

async function setup() {
  const folder = await mkdtemp(join(tmpdir(), "millrace-start-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const start = () => runCommand("start", { MILLRACE_LOCAL_DIR: folder });
  return { folder, start };
}

/** Reads from the output what a person would read. */
async function started(program: ReturnType<typeof runCommand>) {
  const address = await program.says(/^ {2}gateway +(\S+)/);
  const redis = await program.says(/^ {2}Redis +(\S+)/);
  const operators = await program.says(/^ +(\S+) +gRPC, for operators/);
  const apiKey = await program.says(/^ {2}API key +(\S+)/);
  const curl = await program.says(/^curl .*\/v1\/jobs.*/);
  const openAiCurl = await program.says(/^curl .*\/v1\/chat\/completions.*/);
  const grpcurl = await program.says(/^grpcurl .*/);
  const cli = await program.says(/^.*npx millrace submit .*/);
  await program.says(/^Ctrl-C/);
  const from = program.lines.indexOf("from openai import OpenAI");
  const openAiPython = program.lines.slice(from, program.lines.indexOf("", from)).join("\n");
  return { address, redis, operators, apiKey, curl, openAiCurl, openAiPython, grpcurl, cli };
}

const quoted =
  "[Quoted by Millrace's built-in provider, which is no language model] Call me Ishmael.";

/** Runs what the output says for programs that were written for OpenAI. */
async function callsLikeOpenAi(lines: Awaited<ReturnType<typeof started>>): Promise<void> {
  const { openAiCurl, openAiPython } = lines;
  const { stdout } = await promisify(exec)(openAiCurl);
  expect(JSON.parse(stdout).choices[0].message.content).toContain(quoted);
  if (!hasPythonLibraries()) return;
  const printed = await promisify(execFile)(String(python), ["-c", openAiPython]);
  expect(printed.stdout).toContain(quoted);
}

const isUp = (address: string): Promise<boolean> =>
  new Promise((resolve) => {
    const [host, port] = address.split(":");
    const socket = connect(Number(port), host);
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });

/** Runs an example whose reader leaves at once. */
async function leave(example: string, env: Readonly<Record<string, string>>) {
  const program = spawn(process.execPath, [example, "README.md"], {
    env: { ...process.env, ...env },
  });
  program.stdout.destroy();
  let err = "";
  program.stderr.setEncoding("utf8").on("data", (text: string) => {
    err += text;
  });
  const [code] = await once(program, "close");
  return { code, err };
}

test("start runs until Ctrl-C, stops everything, and a second start has the same key and jobs", async () => {
  const { folder, start } = await setup();
  const first = start();
  const lines = await started(first);
  const { address, redis, operators, apiKey, curl, grpcurl, cli } = lines;

  // The lines that a person pastes into a shell.
  const [, url = "", body = ""] = /^curl -s '(\S+)' .* -d '(.*)'$/.exec(curl) ?? [];
  expect(curl).toContain(
    `-H 'authorization: Bearer ${apiKey}' -H 'content-type: application/json'`,
  );
  const headers = { authorization: `Bearer ${apiKey}`, "content-type": "application/json" };
  const answer = await fetch(url, { method: "POST", headers, body });
  expect(await answer.json()).toMatchObject({ state: "JOB_STATE_SUCCEEDED" });
  await callsLikeOpenAi(lines);
  const [, json = ""] = /-d '(.*)' 127/.exec(grpcurl) ?? [];
  const { queue, type, payloadStruct: payload } = JSON.parse(json).job;
  expect(grpcurl).toContain(`-H 'authorization: Bearer ${apiKey}'`);
  const result = await promisify(exec)(cli, { cwd: root, env: { PATH: process.env.PATH } });
  expect(JSON.parse(result.stdout)).toHaveProperty("text");
  const millrace = connectMillrace({ address, apiKey });
  onTestFinished(() => millrace.close());
  const { id } = await millrace.run({ queue, type, payload });
  const job = await millrace.getJob(id);

  // A job that no worker could run is refused at once, and each type that is accepted has a worker.
  const unknown = millrace.submit({ queue, type: "no-such-type", payload });
  await expect(unknown).rejects.toMatchObject({ reason: "UNKNOWN_JOB_TYPE" });
  const admin = grpcClient(AdminService, operators);
  onTestFinished(() => admin.close());
  const { queues } = await admin.rpc.listQueues({});
  const { workers } = await admin.rpc.listWorkers({});
  const accepted = queues[0]?.queue?.types ?? [];
  expect(accepted).toContain(type);
  expect(workers[0]?.types).toEqual(expect.arrayContaining(accepted));
  expect(accepted).toContain("batches");
  // The rest of what the worker runs are the parts of a fan-out, which no caller submits.
  expect(workers[0]?.types.filter((one) => !accepted.includes(one))).toEqual(["summarize-part"]);

  const example = join(import.meta.dirname, "../../examples/first-job/first-job.ts");
  const summary = await promisify(execFile)(process.execPath, [example, "README.md"], {
    env: { ...process.env, MILLRACE_ADDRESS: address, MILLRACE_API_KEY: apiKey },
  });
  // The summary is made of sentences of the document, without the marks of Markdown.
  const [sentence = ""] = summary.stdout.trim().split(". ");
  const readme = await readFile(join(root, "README.md"), "utf8");
  expect(sentence.length).toBeGreaterThan(20);
  const plain = readme.replaceAll(/\[([^\]]+)\]\([^)]*\)/g, "$1").replaceAll(/[*`]/g, "");
  expect(plain.replaceAll(/\s+/g, " ")).toContain(sentence);

  // As in `node first-job.ts README.md | head -1`.
  const left = await leave(example, { MILLRACE_ADDRESS: address, MILLRACE_API_KEY: apiKey });
  expect(left).toEqual({ code: 0, err: expect.stringMatching(/^job \S+\n$/) });

  const refused = start();
  expect(await refused.code).toBe(1);
  expect(refused.lines.join("\n")).toMatch(/already runs in .* \(process \d+\)\. Stop it/);

  first.press();
  expect(await first.code).toBe(0);
  expect(first.lines.at(-1)).toBe("millrace: stopped");
  expect([await isUp(address), await isUp(redis)]).toEqual([false, false]);
  // Only the owner may read keys, jobs, documents and logs.
  const kept = await readdir(folder, { recursive: true });
  expect(kept).toEqual(expect.arrayContaining(["api-key", "documents", "logs", "redis"]));
  const modes = await Promise.all([".", ...kept].map((path) => stat(join(folder, path))));
  expect([...new Set(modes.map(({ mode }) => mode & 0o077))]).toEqual([0]);

  const second = start();
  const again = await started(second);
  expect(again.apiKey).toBe(apiKey);
  const later = connectMillrace({ address: again.address, apiKey });
  onTestFinished(() => later.close());
  expect(await later.getJob(job.id)).toEqual(job);
});

test("start ends with an error when one of its processes ends", async () => {
  const { start } = await setup();
  const program = start();
  const { address, redis } = await started(program);
  const [host, port] = redis.split(":");
  connect(Number(port), host).end("SHUTDOWN NOSAVE\r\n");
  expect(await program.code).toBe(1);
  expect(program.lines.join("\n")).toContain("millrace: Redis ended by itself");
  expect(await isUp(address)).toBe(false);
});

test("start names a configured port that is taken", async () => {
  const { folder } = await setup();
  const taken = createServer().listen(0, "127.0.0.1");
  onTestFinished(() => void taken.close());
  await once(taken, "listening");
  const port = String((taken.address() as AddressInfo).port);
  const env = { MILLRACE_LOCAL_DIR: folder, MILLRACE_GATEWAY_PORT: port };
  const { code, lines } = runCommand("start", env);
  expect(await code).toBe(1);
  expect(lines.at(-1)).toBe(
    `millrace: MILLRACE_GATEWAY_PORT: port ${port} is taken. Choose another port, or leave the variable out.`,
  );
});

test("start and demo stop what they have started when they are interrupted during the start", async () => {
  const { folder } = await setup();
  for (const [command, expected] of [
    ["start", 0],
    ["demo", 130],
  ] as const) {
    const program = runCommand(command, { MILLRACE_LOCAL_DIR: folder });
    await program.says(/^millrace: starting/);
    program.press();
    expect(await program.code).toBe(expected);
    expect(program.lines.join("\n")).not.toMatch(/error|ended by itself/i);
  }
});
