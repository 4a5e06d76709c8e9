import { GroupService } from "@millrace/proto/group-service";
import { type Retries, retryingStream } from "@millrace/shared";
import type { CallOptions } from "./connect-options.ts";
import type { Connection } from "./connection.ts";
import { type Group, groupHasFinished, groupOf } from "./group.ts";
import { cancelledError, MillraceError } from "./millrace-error.ts";
import { isCut, retryOptions } from "./retrying.ts";
import { GIVE_UP_AFTER_MS, type WatchOptions } from "./watch.ts";

/** Options of a group's watch. */
export type GroupWatchOptions = Omit<WatchOptions, "fromOffset">;

/** Follows a group to its final state. If a cut lasts too long, the watch throws the error of the last try. */
export function watchGroup(
  connection: Connection,
  groupId: string,
  { signal, giveUpAfterMs = GIVE_UP_AFTER_MS }: GroupWatchOptions,
): AsyncGenerator<Group> {
  const { method } = GroupService;
  let shown = "";
  const once = async function* (retries: Retries): AsyncGenerator<Group> {
    const answers = connection.serverStream(method.watchGroup, { groupId }, { signal });
    for await (const { group: message } of answers) {
      if (message === undefined) continue;
      retries.progressed();
      const group = groupOf(message);
      const now = JSON.stringify(group);
      if (now !== shown) yield group;
      shown = now;
      if (groupHasFinished(group)) return;
    }
    throw new MillraceError({
      code: "UNAVAILABLE",
      message: "the gateway ended the watch before the group's final state",
    });
  };
  return retryingStream(once, {
    ...retryOptions(connection, signal),
    patienceMs: giveUpAfterMs,
    passes: (error) => isCut(error) && signal?.aborted !== true && !connection.closed.aborted,
    gaveUp: (error, cutMs) => gaveUp(groupId, cutMs, error as MillraceError),
  });
}

/** Resolves with the group in its final state, whatever it is. Cuts of the connection only delay it. */
export async function groupDone(
  connection: Connection,
  groupId: string,
  { signal, deadlineMs }: CallOptions,
): Promise<Group> {
  const late = new AbortController();
  const timer =
    deadlineMs === undefined ? undefined : connection.clock.after(deadlineMs, () => late.abort());
  const watched = watchGroup(connection, groupId, {
    signal: signal === undefined ? late.signal : AbortSignal.any([signal, late.signal]),
    giveUpAfterMs: Number.POSITIVE_INFINITY,
  });
  try {
    for await (const group of watched) if (groupHasFinished(group)) return group;
    throw new Error("the watch ended before the group's final state");
  } catch (error) {
    if (signal?.aborted) throw cancelledError(signal);
    throw late.signal.aborted ? isLate(groupId) : error;
  } finally {
    timer?.cancel();
  }
}

const isLate = (groupId: string): MillraceError =>
  new MillraceError({
    code: "DEADLINE_EXCEEDED",
    message: `group ${groupId} has not finished before the deadline of this wait; wait again, or set a longer deadlineMs`,
    retryable: true,
  });

const gaveUp = (groupId: string, cutMs: number, cause: MillraceError): MillraceError =>
  new MillraceError({
    code: cause.code,
    reason: cause.reason,
    message: `the watch of ${groupId} was cut ${cutMs} ms ago and could not be resumed (${cause.message}); watch again`,
    cause,
  });
