/** The queues, workers, events and flows of one test. They use separate keys, and are closed at its end. */
import { redisForTests } from "@millrace/testing";
import {
  type FlowJob,
  type Job,
  type JobsOptions,
  type Processor,
  type QueueEventsOptions,
  type QueueOptions,
  type WorkerOptions,
  withBackend,
} from "bullmq";
import { Redis } from "ioredis";
import type { Backend } from "./backends.ts";

type Options<T> = Partial<Omit<T, "connection" | "prefix">>;
export type Bench = Awaited<ReturnType<typeof openBench>>;
export type BenchWorker = ReturnType<Bench["worker"]>;

export interface LoggedEvent {
  readonly event: string;
  readonly jobId?: string;
  readonly [field: string]: string | undefined;
}

const DEFAULT_QUEUE = "contract";

export async function openBench(backend: Backend) {
  const { url, rootPrefix: prefix } = await redisForTests();
  const { hostname: host, port } = new URL(url);
  const connection = { host, port: Number(port) };
  const classes = withBackend(backend.factory);
  const redis = new Redis(url);
  const open: { close(): Promise<unknown> }[] = [];
  const opened = <T extends { close(): Promise<unknown> }>(part: T): T => {
    open.push(part);
    return part;
  };

  const withId = (opts?: JobsOptions): JobsOptions => {
    const jobId = opts?.jobId ?? backend.newId();
    const options = { ...backend.jobOptions, ...opts };
    return jobId === undefined ? options : { ...options, jobId };
  };
  const withIds = (node: FlowJob): FlowJob =>
    ({
      ...node,
      opts: withId(node.opts as JobsOptions),
      ...(node.children === undefined ? {} : { children: node.children.map(withIds) }),
    }) as FlowJob;

  class Queue extends classes.Queue {
    override add(name: string, data: unknown, opts?: JobsOptions) {
      return super.add(name, data, withId(opts));
    }
    override addBulk(jobs: { name: string; data: unknown; opts?: JobsOptions }[]) {
      return super.addBulk(jobs.map((job) => ({ ...job, opts: withId(job.opts) })));
    }
  }
  class FlowProducer extends classes.FlowProducer {
    override add(flow: FlowJob) {
      return super.add(withIds(flow));
    }
    override addBulk(flows: FlowJob[]) {
      return super.addBulk(flows.map(withIds));
    }
  }

  return {
    backend,
    prefix,
    redis,
    connection,
    classes,
    id: backend.id,
    queue: (options: Options<QueueOptions> = {}, name = DEFAULT_QUEUE) =>
      opened(new Queue(name, { connection, prefix, ...options })),
    /** Starts a worker at once. Its errors fail the test even if the test does not wait for them. */
    worker(
      processor: Processor | undefined,
      options: Options<WorkerOptions> = {},
      name = DEFAULT_QUEUE,
    ) {
      const worker = new classes.Worker(name, processor, { connection, prefix, ...options });
      worker.on("error", () => undefined);
      return opened(worker);
    },
    /** Listens from the beginning of the stream. */
    async events(options: Options<QueueEventsOptions> = {}, name = DEFAULT_QUEUE) {
      const settings = { connection, prefix, lastEventId: "0-0", ...options };
      const events = opened(new classes.QueueEvents(name, settings));
      await events.waitUntilReady();
      return events;
    },
    flows: () => opened(new FlowProducer({ connection, prefix })),
    /** The events so far, in order. If kinds are named, only events of those kinds. */
    async log(kinds: readonly string[] = [], name = DEFAULT_QUEUE): Promise<LoggedEvent[]> {
      const entries = await redis.xrange(`${prefix}:${name}:events`, "-", "+");
      const events = entries.map(([, fields]) => {
        const event: Record<string, string> = {};
        for (let i = 0; i + 1 < fields.length; i += 2) {
          event[fields[i] as string] = fields[i + 1] as string;
        }
        return event as unknown as LoggedEvent;
      });
      return kinds.length === 0 ? events : events.filter(({ event }) => kinds.includes(event));
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(open.reverse().map((part) => part.close()));
      redis.disconnect();
    },
  };
}

interface Emitter {
  on(event: string, listener: (...args: unknown[]) => void): unknown;
  off(event: string, listener: (...args: unknown[]) => void): unknown;
}

/** The arguments of the next `count` events that match. */
export function happens<Args extends unknown[] = unknown[]>(
  emitter: unknown,
  event: string,
  count = 1,
  matches: (...args: Args) => boolean = () => true,
): Promise<Args[]> {
  const source = emitter as Emitter;
  return new Promise((resolve) => {
    const seen: Args[] = [];
    const listener = (...args: unknown[]) => {
      if (!matches(...(args as Args)) || seen.push(args as Args) < count) return;
      source.off(event, listener);
      resolve(seen);
    };
    source.on(event, listener);
  });
}

/** Leases by hand, one job after the other, until there is none. It completes them unless the options say otherwise. */
export async function takeAll(worker: BenchWorker, settle = true): Promise<string[]> {
  const names: string[] = [];
  for (;;) {
    const job = await worker.getNextJob(TOKEN, { block: false });
    if (job === undefined) return names;
    names.push(job.name);
    if (settle) await job.moveToCompleted(null, TOKEN, false);
  }
}

/** Leases one job by hand. */
export async function take(worker: BenchWorker, token = TOKEN): Promise<Job> {
  const job = await worker.getNextJob(token, { block: false });
  if (job === undefined) throw new Error("no job to take");
  return job;
}

export const TOKEN = "token-1";

export const names = (jobs: readonly { readonly name: string }[]) => jobs.map(({ name }) => name);

/** A promise that a test settles itself. */
export function gate() {
  return Promise.withResolvers<void>();
}
