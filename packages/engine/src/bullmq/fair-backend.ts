import { type QueueBaseOptions, QueueKeys, RedisQueueBackend } from "bullmq";
import { type BulkEntry, bulkRuns, plainJobArgs } from "./fair-backend-bulk.ts";
import { framedVersion } from "./fair-backend-connection.ts";

/**
 * BullMQ's Redis backend on lanes. It runs BullMQ's own scripts in a frame (bullmq/lua) that shows them the lanes as `wait`
 * and `prioritized`. There is no other state, so every job is in one place at each moment. Its connection must be a
 * FairConnection.
 */
export class FairBackend extends RedisQueueBackend {
  constructor(...args: ConstructorParameters<typeof RedisQueueBackend>) {
    super(...args);
    this.version = framedVersion(this.version);
  }

  /** A backend for another queue, on the same connections. Closing it leaves them open. */
  override forQueue(queueName: string, prefix: string = this.redisPrefix): FairBackend {
    const keys = new QueueKeys(prefix);
    return new FairBackend(
      this.connection,
      queueName,
      keys.getKeys(queueName),
      (type) => keys.toKey(queueName, type),
      { ...this.queue.opts, prefix } as QueueBaseOptions,
      this.blockingConnection,
      false,
    );
  }

  /** Adds jobs in order. Unlike in BullMQ's own pipeline, jobs that wait for nothing else are added together or not at all. */
  override async addJobs(entries: BulkEntry[]): Promise<string[]> {
    const client = await this.queue.client;
    const pipeline = client.pipeline();
    const runs = bulkRuns(entries);
    for (const run of runs) {
      if (run.kind === "plain") {
        this.execCommand(pipeline, "addPlainJobs", [this.keys[""], ...plainJobArgs(run.entries)]);
      } else {
        const { job, jobId, parentKeyOpts } = run.entry;
        this.addJobToTransaction(pipeline, job, jobId, parentKeyOpts);
      }
    }
    const results = (await pipeline.exec()) ?? [];
    return results.flatMap(([error, added]) => {
      if (error) throw error;
      return added as string | string[];
    });
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
}
