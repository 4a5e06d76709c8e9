import type { Clock } from "@millrace/shared";
import { rpcError } from "../rpc-fault.ts";

/** Time limits of an upload. */
export interface UploadTimes {
  /** The longest time without a byte. */
  readonly idleMs: number;
  /** The longest time in total. */
  readonly totalMs: number;
}

export const defaultUploadTimes: UploadTimes = { idleMs: 30_000, totalMs: 600_000 };

const tooLong = (what: string, ms: number) =>
  rpcError({
    reason: "UPLOAD_TIMEOUT",
    message: `the upload ${what} ${ms} ms, and was ended: nothing was stored, upload the document again`,
    metadata: { limit_ms: String(ms) },
  });

/**
 * Passes the items through. `next` rejects with UPLOAD_TIMEOUT if the next item takes longer than `idleMs`, or if the
 * upload exceeds `totalMs`. The pending read of the source goes on: ending the call ends it. `return` gives the source back,
 * so that the rest of a request can be read by others.
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
        const giveUp = () =>
          reject(
            leftMs <= idleMs
              ? tooLong("took longer than", totalMs)
              : tooLong("sent nothing for", idleMs),
          );
        if (leftMs <= 0) return giveUp();
        const timer = clock.after(Math.min(idleMs, leftMs), giveUp);
        const done = () => timer.cancel();
        items.next().then(resolve, reject).finally(done);
      }),
    async return() {
      // A read that is under way goes on until the call ends, so nothing waits for it here.
      void items.return?.().catch(() => undefined);
      return { done: true, value: undefined };
    },
  };
}
