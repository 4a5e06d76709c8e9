import { equals } from "@bufbuild/protobuf";
import { status } from "@grpc/grpc-js";
import { type Group, GroupSchema } from "@millrace/proto/group";
import { RpcFault, rpcError } from "@millrace/runtime";
import {
  type BackoffPolicy,
  type Clock,
  type KeyId,
  type Random,
  type Retries,
  retryingStream,
} from "@millrace/shared";
import { groupHasFinished } from "../messages/has-finished.ts";
import type { Scheduler } from "../scheduler/scheduler-client.ts";

/** Watches one caller's group until its final state. */
export type GroupWatcher = (
  keyId: KeyId,
  groupId: string,
  signal: AbortSignal,
) => AsyncGenerator<Group>;

export interface GroupWatcherOptions {
  readonly scheduler: Pick<Scheduler, "watchGroup">;
  readonly clock: Clock;
  readonly random: Random;
  /** How long no scheduler may be reachable after a break before the watch fails. */
  readonly giveUpAfterMs: number;
}

const backoff: BackoffPolicy = { initialMs: 25, maxMs: 1_000, factor: 2, jitter: 0.5 };

/**
 * Watches a group across schedulers. When a scheduler's stream breaks, the watcher goes on at another one, and sends nothing
 * twice. The generator ends after the final state or throws: a scheduler's stream that ends earlier counts as broken.
 */
export const createGroupWatcher =
  ({ scheduler, clock, random, giveUpAfterMs }: GroupWatcherOptions): GroupWatcher =>
  (keyId, groupId, signal) => {
    let shown: Group | undefined;
    const once = async function* (retries: Retries): AsyncGenerator<Group> {
      for await (const { group } of scheduler.watchGroup({ keyId, groupId }, { signal })) {
        if (group === undefined) continue;
        retries.progressed();
        if (shown === undefined || !equals(GroupSchema, shown, group)) yield group;
        shown = group;
        if (groupHasFinished(group)) return;
      }
      throw endedEarly();
    };
    const passes = (error: unknown) =>
      error instanceof RpcFault && error.code === status.UNAVAILABLE && !signal.aborted;
    const options = { clock, random, backoff, signal, passes, patienceMs: giveUpAfterMs };
    return retryingStream(once, options);
  };

const endedEarly = (): RpcFault =>
  rpcError({
    reason: "SCHEDULER_UNAVAILABLE",
    message: "the scheduler ended its stream before the group's final state: watch again",
    retryDelayMs: 1_000,
  });
