import { type CallContext, type RpcFault, rpcError } from "@millrace/runtime";
import { parseJobId } from "@millrace/shared";
import type { Caller } from "./caller.ts";

export const groupNotFound = (groupId: string): RpcFault =>
  rpcError({ reason: "GROUP_NOT_FOUND", message: `there is no group ${groupId}` });

/** Throws GROUP_NOT_FOUND for the group of another key. A group's id contains its key id, so this asks no scheduler. */
export function assertOwnGroup(
  groupId: string,
  { identity, concerns }: Pick<CallContext<Caller>, "identity" | "concerns">,
): void {
  const parts = parseJobId(groupId);
  // Text that is not an id may be anything, so it must not reach the access log.
  if (parts !== undefined) concerns(groupId, "group");
  if (parts?.keyId !== identity.keyId) throw groupNotFound(groupId);
}
