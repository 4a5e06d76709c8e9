// The examples of web applications: their endpoint before Millrace, and with it, as programs of their own.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { connectMillrace } from "@millrace/client";
import { freePort, type LocalSystem, startSystem } from "@millrace/local";
import { newJobId, parseApiKey, systemRandom as random, WEBHOOK_QUEUE } from "@millrace/shared";
import { createParser } from "eventsource-parser";
import {
  afterAll,
  beforeAll,
  beforeEach,
  describe,
  expect,
  onTestFinished,
  test,
  vi,
} from "vitest";
import { Heard } from "../faults/heard.ts";
import { python } from "./python.ts";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });
const root = join(import.meta.dirname, "../..");
const TEXT = "The whale swam. It was white.\n\nThe sea was calm.\n\nThe ship was late. So it goes.";
const SUMMARY = "The whale swam. The sea was calm. The ship was late.";

interface Example {
  readonly name: string;
  readonly folder: string;
  readonly skipped: boolean;
  /** What starts a file of the example that listens, and one that does not. */
  readonly serve: (file: string, port: number) => readonly string[];
  readonly run: (file: string) => readonly string[];
}

const examples: readonly Example[] = [
  {
    name: "express",
    folder: join(root, "examples/express"),
    skipped: false,
    serve: (file) => [process.execPath, `${file}.ts`],
    run: (file) => [process.execPath, `${file}.ts`],
  },
  {
    name: "FastAPI (needs MILLRACE_PYTHON with examples/fastapi/requirements.txt)",
    folder: join(root, "examples/fastapi"),
    skipped: !hasFastApi(),
    serve: (file, port) => [String(python), "-m", "uvicorn", `${file}:app`, "--port", `${port}`],
    run: (file) => [String(python), `${file}.py`],
  },
];

function hasFastApi(): boolean {
  const names = ["-c", "import fastapi, standardwebhooks, uvicorn"];
  return python !== undefined && spawnSync(python, names, { timeout: 60_000 }).status === 0;
}

let system: LocalSystem;
let callbackSecret: string;
beforeAll(async () => {
  const destinations = { MILLRACE_WEBHOOK_ALLOWED_DESTINATIONS: "http://127.0.0.1" };
  const key = Buffer.alloc(32, "k").toString("base64");
  system = await startSystem({
    queues: [{ name: "summaries" }],
    settings: {
      scheduler: { ...destinations, MILLRACE_WEBHOOK_KEY: key },
      worker: { ...destinations, MILLRACE_QUEUES: WEBHOOK_QUEUE },
    },
  });
  const millrace = connectMillrace({ address: system.gatewayTarget(), apiKey: system.apiKey });
  callbackSecret = await millrace.webhooks.callbackSecret();
  await millrace.close();
});
afterAll(() => system?.[Symbol.asyncDispose]());

/** Starts a program of an example. It is killed when the test has finished. */
function start({ folder }: Example, command: readonly string[], env: NodeJS.ProcessEnv) {
  const [program = "", ...args] = command;
  const child = spawn(program, args, {
    cwd: folder,
    env: {
      ...process.env,
      MILLRACE_ADDRESS: system.gatewayTarget(),
      MILLRACE_API_KEY: system.apiKey,
      MILLRACE_SCHEDULER_ADDRESS: system.workerTarget,
      PYTHONPATH: join(root, "sdk/python/src"),
      PYTHONDONTWRITEBYTECODE: "1",
      ...env,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const lines = new Heard<string>();
  for (const stream of [child.stdout, child.stderr]) {
    createInterface(stream).on("line", (line) => lines.add(line));
  }
  const ended = once(child, "exit").then(([code]) =>
    lines.end(`${command.join(" ")} ended with ${code}:\n${lines.items.join("\n")}`),
  );
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await ended;
  });
  return lines;
}

/** Starts a file that listens. Resolves with its address and its output once it does. */
async function serve(example: Example, file: string, env: NodeJS.ProcessEnv = {}) {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const lines = start(example, example.serve(file, port), {
    ...{ PORT: `${port}`, PUBLIC_URL: url, MILLRACE_CALLBACK_SECRET: callbackSecret, ...env },
  });
  await lines.until((line) => /^listening|running on/.test(line));
  return { url, lines };
}

const post = (url: string, init: RequestInit = {}) =>
  fetch(`${url}/summaries`, {
    method: "POST",
    headers: { "content-type": "application/json", "idempotency-key": url },
    body: JSON.stringify({ text: TEXT }),
    ...init,
  });

describe.each(examples)("the example for $name", (example) => {
  beforeEach(({ skip }) => skip(example.skipped));

  test("before Millrace, answers when the work is done, and not to a caller with less patience", async () => {
    const quick = await serve(example, "before", { PARAGRAPH_SECONDS: "0" });
    expect(await (await post(quick.url)).json()).toEqual({ summary: SUMMARY });
    const slow = await serve(example, "before", { PARAGRAPH_SECONDS: "3600" });
    await expect(post(slow.url, { signal: AbortSignal.timeout(500) })).rejects.toThrow(/timeout/);
  });

  test("with Millrace, answers 202 at once, shows progress, and is called back", async () => {
    const { url, lines } = await serve(example, "server");
    const accepted = await post(url);
    expect(accepted.status).toBe(202);
    const { id } = (await accepted.json()) as { id: string };
    const address = `${url}/summaries/${id}`;
    expect(url + accepted.headers.get("location")).toBe(address);
    expect(await (await post(url)).json()).toEqual({ id });
    const waiting = await fetch(address);
    expect([waiting.status, waiting.headers.get("retry-after")]).toEqual([202, "2"]);
    expect(await waiting.json()).toEqual({ id, state: "queued" });

    start(example, example.run("worker"), { PARAGRAPH_SECONDS: "0.01" });
    const events = await eventsOf(await fetch(`${address}/events`));
    expect(events).toContainEqual(["progress", expect.objectContaining({ done: 3, total: 3 })]);
    expect(events.at(-1)).toEqual(["job", { state: "SUCCEEDED" }]);

    await lines.until((line) => line === `ended ${id} succeeded`);
    const summary = await fetch(address);
    expect(summary.status).toBe(200);
    expect(await summary.json()).toMatchObject({
      state: "succeeded",
      result: { summary: SUMMARY },
    });
  });

  test("refuses calls that Millrace has not signed, and says which jobs do not exist", async () => {
    const { url } = await serve(example, "server");
    const forged = {
      "webhook-id": "evt_1",
      "webhook-timestamp": `${Math.trunc(Date.now() / 1_000)}`,
      "webhook-signature": `v1,${Buffer.alloc(32).toString("base64")}`,
    };
    const body = JSON.stringify({ type: "job.succeeded", data: { id: "x", state: "succeeded" } });
    for (const headers of [forged, {}]) {
      const refused = await fetch(`${url}/callbacks`, { method: "POST", headers, body });
      expect(refused.status).toBe(400);
    }
    const { keyId = "" } = parseApiKey(system.apiKey) ?? {};
    const none = newJobId("summaries" as never, keyId as never, 1, random);
    for (const path of ["", "/events"]) {
      const answer = await fetch(`${url}/summaries/${none}${path}`);
      expect([answer.status, await answer.json()]).toMatchObject([
        404,
        { reason: "JOB_NOT_FOUND" },
      ]);
    }
  });
});

/** Reads a stream of server-sent events to its end: the name and the data of each. */
async function eventsOf(response: Response): Promise<[string | undefined, unknown][]> {
  const events: [string | undefined, unknown][] = [];
  const parser = createParser({
    onEvent: ({ event, data }) => events.push([event, JSON.parse(data)]),
  });
  parser.feed(await response.text());
  return events;
}
