import { byShard } from "../redis/by-shard.ts";
import type { EngineParts } from "../redis/parts.ts";
import type { Signals } from "../signals/contract.ts";
import { type Appended, appendOutput } from "./append_output.ts";
import type { Output, OutputBatch } from "./contract.ts";
import { OutputNews } from "./output-news.ts";
import { readOutput } from "./read_output.ts";

export interface OutputParts extends EngineParts {
  readonly signals: Signals;
}

export function openOutput({ redis, clock, shards, signals }: OutputParts): Output {
  const news = new OutputNews(signals);
  return {
    followOutput: (queue, listener, jobId) => news.follow(queue, listener, jobId),

    async append(batches) {
      batches.forEach(assertConsecutive);
      const nowMs = clock.nowMs();
      const followed = news.storing(batches);
      let appended: readonly Appended[] = [];
      try {
        appended = await byShard(
          batches,
          await shards.forEach(batches),
          (batch) => batch.chunks.reduce((bytes, chunk) => bytes + chunk.body.length + 1_024, 0),
          ({ base }, group) => appendOutput.run(redis, base, { nowMs, batches: group }),
          (): Appended => ({ outcome: { kind: "leaseLost" }, attempt: 0, count: 0 }),
        );
        return appended.map(({ outcome }) => outcome);
      } finally {
        for (const batch of followed) news.stored(batch, appended[batches.indexOf(batch)], nowMs);
      }
    },

    async readOutput(jobId, fromOffset, maxChunks, maxBytes) {
      const shard = await shards.ofJob(jobId);
      if (shard === undefined) return { kind: "notFound" };
      return readOutput.run(redis, shard.base, { jobId, fromOffset, maxChunks, maxBytes });
    },
  };
}

function assertConsecutive({ jobId, chunks }: OutputBatch): void {
  const first = chunks[0]?.seq ?? 0;
  const ordered = chunks.every((chunk, index) => chunk.seq === first + index);
  if (!ordered) throw new RangeError(`the chunks of ${jobId} must have a seq without gaps`);
}
