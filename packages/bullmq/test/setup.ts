/** Queues and workers of one test, with groups and without. They use separate keys, and are closed at its end. */
import { redisForTests } from "@millrace/testing";
import {
  type Job,
  type JobsOptions,
  type Processor,
  Queue,
  Worker,
  type WorkerOptions,
} from "bullmq";
import { Redis } from "ioredis";
import { onTestFinished } from "vitest";
import { fairBackend, groupsOf } from "../src/index.ts";

export const TOKEN = "token";

export async function setup() {
  const { url, rootPrefix: prefix } = await redisForTests();
  const { hostname: host, port } = new URL(url);
  const options = { connection: { host, port: Number(port) }, prefix };
  const redis = new Redis(url);
  const open: { close(): Promise<unknown> }[] = [];
  onTestFinished(async () => {
    await Promise.all(open.reverse().map((part) => part.close()));
    redis.disconnect();
  });
  const opened = <T extends { close(): Promise<unknown> }>(part: T): T => {
    open.push(part);
    return part;
  };
  const openQueue = (name = "q") => opened(new Queue(name, options, fairBackend()));
  const queue = openQueue();
  const groups = groupsOf(queue);

  return {
    options,
    redis,
    base: `${prefix}:q:`,
    opened,
    openQueue,
    queue,
    groups,
    plainQueue: (name = "q") => opened(new Queue(name, options)),
    worker(processor?: Processor, more: Partial<WorkerOptions> = {}, name = "q") {
      const worker = new Worker(name, processor, { ...options, ...more }, fairBackend());
      worker.on("error", () => undefined);
      return opened(worker);
    },
    /** Adds jobs with the names `<group>0`, `<group>1` and so on, or other names. */
    add(group: string, count: number, more: JobsOptions = {}, name = group) {
      const jobs = Array.from({ length: count }, (_, at) => ({
        ...{ name: `${name}${at}`, data: {} },
        opts: group === "" ? more : { group, ...more },
      }));
      return queue.addBulk(jobs);
    },
  };
}

export type Setup = Awaited<ReturnType<typeof setup>>;
type FairWorker = ReturnType<Setup["worker"]>;

/** Takes up to `most` jobs, until there is none that may run. They stay active. */
export async function take(worker: FairWorker, most = 1_000): Promise<Job[]> {
  const jobs: Job[] = [];
  while (jobs.length < most) {
    const job = await worker.getNextJob(TOKEN, { block: false });
    if (job === undefined) break;
    jobs.push(job);
  }
  return jobs;
}

export const namesOf = (jobs: readonly { readonly name: string }[]) => jobs.map(({ name }) => name);

/** How many of these names begin with each letter. */
export function counts(names: readonly string[]): Record<string, number> {
  const found: Record<string, number> = {};
  for (const [letter = ""] of names) found[letter] = (found[letter] ?? 0) + 1;
  return found;
}
