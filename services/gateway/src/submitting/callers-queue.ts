import { rpcError } from "@millrace/runtime";
import { INTERNAL_QUEUE_PREFIX } from "@millrace/shared";

/** Throws QUEUE_NOT_FOUND for an internal queue, into which only Millrace itself submits. */
export function assertCallersQueue(queue: string): void {
  if (!queue.startsWith(INTERNAL_QUEUE_PREFIX)) return;
  throw rpcError({
    reason: "QUEUE_NOT_FOUND",
    message: `queue: there is no queue ${queue} for callers; names that begin with ${INTERNAL_QUEUE_PREFIX} are reserved`,
  });
}
