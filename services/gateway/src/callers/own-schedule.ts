import { type CallContext, type RpcFault, rpcError } from "@millrace/runtime";
import { parseScheduleId } from "@millrace/shared";
import type { Caller } from "./caller.ts";

export const scheduleNotFound = (scheduleId: string): RpcFault =>
  rpcError({ reason: "SCHEDULE_NOT_FOUND", message: `there is no schedule ${scheduleId}` });

/** Throws SCHEDULE_NOT_FOUND for the schedule of another key. A schedule's id contains its key id, so this asks no scheduler. */
export function assertOwnSchedule(
  scheduleId: string,
  { identity, concerns }: Pick<CallContext<Caller>, "identity" | "concerns">,
): void {
  const parts = parseScheduleId(scheduleId);
  // Text that is not an id may be anything, so it must not reach the access log.
  if (parts !== undefined) concerns(scheduleId, "schedule");
  if (parts?.keyId !== identity.keyId) throw scheduleNotFound(scheduleId);
}
