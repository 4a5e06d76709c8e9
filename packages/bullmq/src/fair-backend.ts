import {
  type BackendFactory,
  createRedisBackend,
  type IRedisClient,
  type JobJson,
  type JobsOptions,
  type ParentKeyOpts,
  type QueueBaseOptions,
  QueueKeys,
  type RedisConnection,
  RedisQueueBackend,
} from "bullmq";
import { Gathered } from "./gathered.ts";
import { groupOf } from "./group-option.ts";
import { isPlain, type NewJob, plainArgs, runsOf } from "./plain-jobs.ts";
import {
  type Args,
  commandVersion,
  defineCommands,
  finishJobs,
  type OwnScript,
} from "./scripts.ts";

/** Jobs that one call moves into groups or out of them, because Redis serves nothing else while a script runs. */
const MOST_MOVED = 1000;

/** Whether the script finished a job, with its reply, or failed, with the text of the error. */
type Finished = readonly [done: 0 | 1, reply: unknown];

/** The queues of each connection whose jobs are in groups. */
const adopted = new WeakMap<RedisConnection, Map<string, Promise<void>>>();

/**
 * Jobs that one call finishes. More make the Worker and Redis wait for one another: with 50 of 50 in one call, a Worker was half
 * as fast.
 */
const MOST_FINISHED = 8;

/**
 * BullMQ's Redis backend with groups of jobs. It runs BullMQ's own scripts in a frame (lua/frame.lua). All that its promises
 * need is in Redis, so every Worker on this backend keeps the same limits.
 */
export class FairBackend extends RedisQueueBackend {
  private readonly adding = new Gathered<NewJob, string>((jobs) => this.addJobs([...jobs]));
  private readonly finishing = new Gathered<Args, Finished>(
    (calls) => this.finish(calls),
    MOST_FINISHED,
  );
  private ready: Promise<IRedisClient> | undefined;

  constructor(...args: ConstructorParameters<typeof RedisQueueBackend>) {
    super(...args);
    this.version = commandVersion(this.version);
    Object.defineProperty(this.queue, "client", { get: () => this.readyClient() });
  }

  /** Waits until the waiting jobs of the queue are in groups, too. */
  override async waitUntilReady(): Promise<void> {
    await super.waitUntilReady();
    await this.queue.client;
  }

  override forQueue(queueName: string, prefix: string = this.redisPrefix): FairBackend {
    return new FairBackend(
      ...partsOf(this.connection, queueName, { ...this.queue.opts, prefix } as QueueBaseOptions),
      this.blockingConnection,
      false,
    );
  }

  /** Runs a script of this package for the queue. */
  async runScript(name: OwnScript, args: readonly (string | number)[]): Promise<unknown> {
    return this.execCommand(await this.queue.client, name, [this.keys[""], ...args]);
  }

  /** Moves all waiting jobs back to where plain BullMQ keeps them. */
  async release(): Promise<void> {
    while (Number(await this.runScript("release_jobs", [MOST_MOVED])) > 0);
    adopted.get(this.connection)?.delete(this.qualifiedName);
    this.ready = undefined;
  }

  override async addJob(
    job: JobJson,
    jobId: string,
    parentKeyOpts: ParentKeyOpts = {},
  ): Promise<string> {
    const added = { job, jobId, parentKeyOpts };
    if (!isPlain(added)) return super.addJob(job, jobId, parentKeyOpts);
    groupOf(job.opts);
    return this.adding.call(added);
  }

  /** Jobs that end in the same turn of the event loop go to Redis together. BullMQ never ends a job in a transaction. */
  override execCommand(
    ...[client, name, args]: Parameters<RedisQueueBackend["execCommand"]>
  ): ReturnType<RedisQueueBackend["execCommand"]> {
    if (name === "moveToFinished") return this.moveTogether(args);
    return super.execCommand(client, name, args);
  }

  private async moveTogether(args: Args): Promise<unknown> {
    const [done, reply] = await this.finishing.call(args);
    if (done === 1) return reply;
    throw new Error(String(reply));
  }

  private async finish(calls: readonly Args[]): Promise<Finished[]> {
    const client = await this.queue.client;
    const { name, args } = finishJobs(calls);
    return super.execCommand(client, name, [...args]);
  }

  /** Adds jobs in order. Jobs that wait for nothing else are added together or not at all. */
  override async addJobs(jobs: NewJob[]): Promise<string[]> {
    const runs = runsOf(jobs);
    const client = await this.queue.client;
    const [first] = runs;
    if (runs.length === 1 && first?.kind === "plain") return this.addRun(client, first.jobs);
    const pipeline = client.pipeline();
    for (const run of runs) {
      if (run.kind === "plain") {
        this.addRun(pipeline, run.jobs);
      } else {
        this.addJobToTransaction(pipeline, run.job.job, run.job.jobId, run.job.parentKeyOpts);
      }
    }
    const results = (await pipeline.exec()) ?? [];
    return results.flatMap(([error, added]) => {
      if (error) throw error;
      return added as string | string[];
    });
  }

  override async addJobToTransaction(
    ...args: Parameters<RedisQueueBackend["addJobToTransaction"]>
  ): Promise<string> {
    groupOf(args[1].opts);
    return super.addJobToTransaction(...args);
  }

  override async addFlow(
    ...args: Parameters<RedisQueueBackend["addFlow"]>
  ): ReturnType<RedisQueueBackend["addFlow"]> {
    for (const { prefix, queueName } of args[0]) {
      await this.forQueue(queueName, prefix).waitUntilReady();
    }
    return super.addFlow(...args);
  }

  override async addJobScheduler(
    ...args: Parameters<RedisQueueBackend["addJobScheduler"]>
  ): Promise<[string, number]> {
    groupOf(args[3] as JobsOptions);
    return super.addJobScheduler(...args);
  }

  override async moveStalledJobsToWait(): Promise<string[]> {
    const moved = await super.moveStalledJobsToWait();
    await this.runScript("recount_groups", []);
    return moved;
  }

  override async isJobInState(state: string, jobId: string): Promise<boolean> {
    switch (state) {
      case "wait":
      case "waiting":
        return (await this.getState(jobId)) === "waiting";
      case "prioritized":
        return (await this.getState(jobId)) === "prioritized";
      default:
        return super.isJobInState(state, jobId);
    }
  }

  private addRun(
    client: Parameters<RedisQueueBackend["execCommand"]>[0],
    jobs: readonly NewJob[],
  ): Promise<string[]> {
    return this.execCommand(client, "add_jobs", [this.keys[""], ...plainArgs(jobs)]);
  }

  /** The client, when its commands are defined and the queue's waiting jobs are in groups. */
  private readyClient(): Promise<IRedisClient> {
    if (this.ready === undefined) {
      this.ready = this.prepare();
      // The next call tries again.
      this.ready.catch(() => {
        this.ready = undefined;
      });
    }
    return this.ready;
  }

  private async prepare(): Promise<IRedisClient> {
    const { connection } = this;
    const client = (await connection.client) as IRedisClient;
    defineCommands(client, this.version);
    // A FlowProducer has no queue of its own.
    if (this.name === "") return client;
    let queues = adopted.get(connection);
    if (queues === undefined) {
      queues = new Map();
      adopted.set(connection, queues);
    }
    let adoption = queues.get(this.qualifiedName);
    if (adoption === undefined) {
      adoption = this.adopt(client);
      queues.set(this.qualifiedName, adoption);
      adoption.catch(() => queues.delete(this.qualifiedName));
    }
    await adoption;
    return client;
  }

  private async adopt(client: IRedisClient): Promise<void> {
    for (;;) {
      const [word, left] = await this.execCommand(client, "adopt_jobs", [
        this.keys[""],
        MOST_MOVED,
      ]);
      if (word !== "ADOPTED") {
        throw new Error(
          `the queue ${this.qualifiedName} belongs to Millrace's services: @millrace/bullmq cannot open it`,
        );
      }
      if (left === 0) return;
    }
  }
}

/**
 * The backend for the last argument of BullMQ's constructors, or for `withBackend`. It makes and shares connections as
 * BullMQ's own factory does.
 */
export function fairBackend(): BackendFactory<FairBackend> {
  return (name, opts, options) => {
    const plain = createRedisBackend(name, opts, options);
    // The backend below tells of the errors of its connections, and this one has no listeners.
    plain.on("error", () => undefined);
    const { connection, blockingConnection } = plain;
    return new FairBackend(...partsOf(connection, name, opts), blockingConnection);
  };
}

type Parts = [
  RedisConnection,
  string,
  ReturnType<QueueKeys["getKeys"]>,
  (type: string) => string,
  QueueBaseOptions,
];

function partsOf(connection: RedisConnection, name: string, opts: QueueBaseOptions): Parts {
  const keys = new QueueKeys((opts as { prefix?: string }).prefix);
  return [connection, name, keys.getKeys(name), (type) => keys.toKey(name, type), opts];
}
