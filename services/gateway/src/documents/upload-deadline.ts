import { rpcError } from "@millrace/runtime";
import type { Clock } from "@millrace/shared";

/** How long an upload may take before it is given up. */
export interface UploadTimes {
  /** Without a byte. */
  readonly idleMs: number;
  /** In all. */
  readonly totalMs: number;
}

export const defaultUploadTimes: UploadTimes = { idleMs: 30_000, totalMs: 600_000 };

const tooLong = (what: string, ms: number) =>
  rpcError({
    reason: "UPLOAD_TIMEOUT",
    message: `the upload ${what} ${ms} ms, and was given up: nothing of it is kept, upload the document again`,
    metadata: { limit_ms: String(ms) },
  });

/**
 * The same items; `next` rejects with UPLOAD_TIMEOUT if one is longer in coming than `idleMs`, or if the time in all
 * is over. What it waited for is left alone: whoever ends the call ends that too.
 */
export function withUploadDeadline<T>(
  items: AsyncIterator<T>,
  { idleMs, totalMs }: UploadTimes,
  clock: Clock,
): AsyncIterator<T> {
  const endsMs = clock.nowMs() + totalMs;
  return {
    next: () =>
      new Promise((resolve, reject) => {
        const leftMs = endsMs - clock.nowMs();
        const fault = () =>
          reject(
            leftMs <= idleMs
              ? tooLong("took longer than", totalMs)
              : tooLong("stood still for", idleMs),
          );
        if (leftMs <= 0) return fault();
        const timer = clock.after(Math.min(idleMs, leftMs), fault);
        const done = () => timer.cancel();
        items.next().then(resolve, reject).finally(done);
      }),
  };
}
