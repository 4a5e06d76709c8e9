import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { type LocalSystem, startSystem } from "@millrace/local";
import { systemClock as clock, systemRandom as random } from "@millrace/shared";
import { type Executor, startWorker } from "@millrace/worker-sdk";
import { afterAll, onTestFinished } from "vitest";

const binary = join(import.meta.dirname, "../bin/millrace.mjs");

export interface Finished {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

type Env = Readonly<Record<string, string>>;

/** Starts the real command in a process of its own. */
export function start(args: readonly string[], env: Env, input = "") {
  const child = spawn(process.execPath, [binary, ...args], {
    env: { PATH: process.env.PATH, ...env },
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  let [out, err] = ["", ""];
  const waiting = new Set<() => void>();
  const tell = () => {
    for (const look of waiting) look();
  };
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    out += text;
    tell();
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    err += text;
    tell();
  });
  child.stdin.end(input);
  const finished = once(child, "close").then(([code]): Finished => ({ code, out, err }));
  return {
    child,
    finished,
    /** Resolves once standard output contains `text`. */
    async says(text: string): Promise<void> {
      const { promise, resolve } = Promise.withResolvers<void>();
      const look = () => {
        if (out.includes(text)) resolve();
      };
      waiting.add(look);
      look();
      await Promise.race([
        promise,
        finished.then((end) => {
          if (!end.out.includes(text))
            throw new Error(`the command ended without printing ${text}: ${JSON.stringify(end)}`);
        }),
      ]);
      waiting.delete(look);
    },
  };
}

/** Runs the command to its end. */
export const run = (args: readonly string[], env: Env = {}, input?: string): Promise<Finished> =>
  start(args, env, input).finished;

/** All tests of a file share one system. Each test has its own queue and key. */
let shared: Promise<LocalSystem> | undefined;
afterAll(async () => (await shared)?.[Symbol.asyncDispose]());
let queues = 0;

/** Provides a system, a queue and a key. A worker in this process runs the queue's jobs of type "test". */
export async function setup(executor: Executor = async () => ({})) {
  shared ??= startSystem({ workers: 0 });
  const system = await shared;
  queues += 1;
  const queue = `q${String(queues).padStart(2, "0")}`;
  await system.putQueue({ name: queue });
  const worker = startWorker({
    address: system.workerTarget,
    workerId: queue,
    queues: [queue],
    pools: ["test"],
    slots: 8,
    executors: { test: executor },
    clock,
    random,
  });
  onTestFinished(() => worker.drain(0));
  const apiKey = await system.createApiKey(queue);
  const env = {
    MILLRACE_ADDRESS: system.gatewayTarget(),
    MILLRACE_API_KEY: apiKey,
    MILLRACE_ADMIN_ADDRESS: String(system.schedulers[0]?.addresses.admin),
  };
  return {
    system,
    queue,
    apiKey,
    keyId: apiKey.split("_")[1] ?? "",
    env,
    run: (args: readonly string[], input?: string) => run(args, env, input),
    start: (args: readonly string[]) => start(args, env),
  };
}

/** Replaces the parts of an output that differ between runs by words of the same length. */
export const steady = (text: string, words: Readonly<Record<string, string>> = {}): string =>
  Object.entries(words)
    .reduce(
      (result, [word, instead]) => result.replaceAll(word, instead.padEnd(word.length, "_")),
      text,
    )
    .replaceAll(/[0-7][0-9A-HJKMNP-TV-Z]{25}/g, "00000000000000000000000000")
    .replaceAll(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ/g, "2027-01-31 08:00:00Z");
