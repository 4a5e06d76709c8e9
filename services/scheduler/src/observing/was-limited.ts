import type { Lease } from "@millrace/engine";
import { parseJobId } from "@millrace/shared";
import type { LimitedKeys } from "./limited-keys.ts";

/** A job that waited no longer than this was leased before its key could be seen to be limited. */
const SEEN_AFTER_MS = 5_000;

/** Whether a limit of the job's own key held it for a part of its wait. */
export function wasLimited(
  { jobId, heldBy }: Lease,
  waitMs: number,
  startMs: number,
  keys: LimitedKeys,
): boolean {
  if (heldBy.some((kind) => kind.startsWith("KEY_"))) return true;
  const job = waitMs > SEEN_AFTER_MS ? parseJobId(jobId) : undefined;
  return job !== undefined && keys.since(job.queue, job.keyId, startMs);
}
