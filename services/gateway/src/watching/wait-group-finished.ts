import { RpcFault } from "@millrace/runtime";
import type { KeyId } from "@millrace/shared";
import type { GroupWatcher } from "./group-watcher.ts";
import type { WaitOptions } from "./wait-finished.ts";

/** Resolves when the group has finished or is gone, `waitMs` pass, a signal aborts or no scheduler can be reached. */
export async function waitGroupFinished(
  watch: GroupWatcher,
  keyId: KeyId,
  groupId: string,
  { waitMs, clock, signals }: WaitOptions,
): Promise<void> {
  const over = new AbortController();
  const timer = clock.after(waitMs, () => over.abort());
  try {
    for await (const _ of watch(keyId, groupId, AbortSignal.any([over.signal, ...signals])));
  } catch (error) {
    // The caller gets the group as it is, or an error, from the read that follows.
    if (!(error instanceof RpcFault)) throw error;
  } finally {
    timer.cancel();
  }
}
