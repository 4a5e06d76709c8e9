import { type Duration, durationMs } from "@bufbuild/protobuf/wkt";
import type { Queue, QueueStatus } from "@millrace/proto/admin-service";
import { formatDuration } from "@millrace/shared";
import { details, table } from "../table.ts";

const durationText = (duration: Duration | undefined): string | undefined =>
  duration && formatDuration(durationMs(duration));

export function queueText(queue: Queue): string {
  const { bandWeights: weights, defaultRetry: retry } = queue;
  return details([
    ["queue", queue.name],
    ["shards", String(queue.shards)],
    ["types", queue.types.length === 0 ? "any" : queue.types.join(", ")],
    ["depth per key", String(queue.maxDepthPerKey)],
    ["max priority", String(queue.maxPriority)],
    ["stalls", String(queue.maxStalls)],
    ["bounces", String(queue.maxBounces)],
    ["band weights", weights && `${weights.interactive}:${weights.standard}:${weights.batch}`],
    [
      "retries",
      retry &&
        `${retry.maxAttempts} attempts, ${durationText(retry.initialBackoff)} to ${durationText(retry.maxBackoff)} apart`,
    ],
    ["estimated tokens", String(queue.defaultEstimatedTokens)],
    ["keeps succeeded", durationText(queue.retainSucceeded)],
    ["keeps failed", durationText(queue.retainFailed)],
    ["keeps dead letters", durationText(queue.retainDeadLetters)],
    ["keeps at most", `${queue.retainCount} of each kind and shard`],
  ]);
}

export const queueTable = (queues: readonly QueueStatus[]): string =>
  table(
    ["QUEUE", "STATE", "QUEUED", "SCHEDULED", "RUNNING", "SUCCEEDED", "FAILED", "DEAD"],
    queues.map(({ queue, stats, paused }) => [
      queue?.name ?? "",
      paused ? "paused" : "open",
      ...[stats?.queued, stats?.scheduled, stats?.running, stats?.succeeded].map(String),
      ...[stats?.failed, stats?.dead].map(String),
    ]),
  );
