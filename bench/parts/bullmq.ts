/**
 * A process of bare BullMQ. Environment: REDIS_URL, QUEUE, ROLE, IN_FLIGHT. Asked for a number of jobs, it
 * answers when they are done, as its role defines it. If some never finish, it answers with the number that did,
 * because BullMQ trims its events and a slow reader loses ends.
 */
import { Queue, QueueEvents, Worker } from "bullmq";
import { serveParent } from "./child.ts";
import { payload, result } from "./payload.ts";
import { Progress } from "./progress.ts";

/**
 * When the jobs count as done, by role:
 * - worker: it has completed that many jobs
 * - producer: that many jobs are stored
 * - watcher: a producer that adds the next job when it has seen one end; done when it has seen all ends
 * - both: producer and worker in one process; done when the worker has completed them
 * - bounded: like both, but it adds the next job only when its worker has completed one
 */
export type Role = "worker" | "producer" | "watcher" | "both" | "bounded";

const name = process.env.QUEUE ?? "bare";
const role = process.env.ROLE as Role;
const inFlight = Number(process.env.IN_FLIGHT);
const connection = { url: process.env.REDIS_URL ?? "" };

const queue = new Queue(name, { connection });
const worker =
  role === "worker" || role === "both" || role === "bounded"
    ? new Worker(name, async () => result, { connection, concurrency: inFlight })
    : undefined;
const events = role === "watcher" ? new QueueEvents(name, { connection }) : undefined;

let progress = new Progress();
let left = 0;
let allCompleted = () => {};
worker?.on("completed", () => {
  left -= 1;
  if (role !== "bounded") progress.step();
  if (left === 0) allCompleted();
});
const completed = (jobs: number) =>
  new Promise<void>((resolve) => {
    left = jobs;
    allCompleted = resolve;
  });

const ends = new Map<string, () => void>();
events?.on("completed", ({ jobId }) => ends.get(jobId)?.());
if (role === "bounded") worker?.on("completed", ({ id }) => ends.get(id ?? "")?.());

async function produce(jobs: number): Promise<void> {
  let added = 0;
  const one = async () => {
    while (added < jobs) {
      added += 1;
      await queue.add("noop", payload, { attempts: 5 });
      if (role === "producer") progress.step();
    }
  };
  await Promise.all(Array.from({ length: inFlight }, one));
}

/** Job ids are chosen before the jobs are stored, because an end may be reported before the call of `add` returns. */
let madeIds = 0;
async function produceAndWatch(jobs: number): Promise<void> {
  let added = 0;
  const one = async () => {
    while (added < jobs) {
      added += 1;
      madeIds += 1;
      const jobId = `${process.pid}-${madeIds}`;
      const ended = new Promise<void>((resolve) => ends.set(jobId, resolve));
      await queue.add("noop", payload, { attempts: 5, jobId });
      await ended;
      ends.delete(jobId);
      progress.step();
    }
  };
  await Promise.all(Array.from({ length: inFlight }, one));
}

const work: Record<Role, (jobs: number) => Promise<unknown>> = {
  worker: completed,
  producer: produce,
  watcher: produceAndWatch,
  both: (jobs) => Promise.all([completed(jobs), produce(jobs)]),
  bounded: produceAndWatch,
};

await serveParent(async () => {
  await Promise.all([queue, worker, events].map((part) => part?.waitUntilReady()));
  return {
    async answer({ jobs }: { jobs: number }) {
      progress = new Progress();
      return await progress.until(work[role](jobs), jobs);
    },
    async close() {
      await Promise.all([worker?.close(), events?.close()]);
      await queue.close();
    },
  };
});
