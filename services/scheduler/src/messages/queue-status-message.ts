import type { MessageInitShape } from "@bufbuild/protobuf";
import type { Engine, QueueDefinition } from "@millrace/engine";
import type { QueueStatusSchema } from "@millrace/proto/admin-service";
import { queueEtag } from "./etag.ts";
import { queueMessage } from "./queue-message.ts";

/** A queue with the number of its jobs in each state, as operators see it. */
export const queueStatusMessage = (
  queue: QueueDefinition,
  { paused, ...counts }: Awaited<ReturnType<Engine["stats"]>>,
): MessageInitShape<typeof QueueStatusSchema> => ({
  queue: queueMessage(queue),
  stats: {
    queued: BigInt(counts.queued),
    scheduled: BigInt(counts.scheduled),
    running: BigInt(counts.running),
    succeeded: BigInt(counts.succeeded),
    failed: BigInt(counts.failed),
    dead: BigInt(counts.dead),
  },
  paused,
  etag: queueEtag(queue),
});
