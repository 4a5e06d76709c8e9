import { byShard } from "../redis/by-shard.ts";
import type { EngineParts } from "../redis/parts.ts";
import { appendOutput } from "./append_output.ts";
import type { Output, OutputBatch } from "./contract.ts";
import { readOutput } from "./read_output.ts";

export function openOutput({ redis, clock, shards }: EngineParts): Output {
  return {
    async append(batches) {
      batches.forEach(assertConsecutive);
      const nowMs = clock.nowMs();
      return byShard(
        batches,
        await shards.forEach(batches),
        (batch) => batch.chunks.reduce((bytes, chunk) => bytes + chunk.body.length + 1_024, 0),
        ({ base }, group) => appendOutput.run(redis, base, { nowMs, batches: group }),
        () => ({ kind: "leaseLost" }) as const,
      );
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
