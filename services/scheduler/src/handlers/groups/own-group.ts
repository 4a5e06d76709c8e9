import type { GroupOutcome, GroupRecord } from "@millrace/engine";
import { type RpcFault, rpcError } from "@millrace/runtime";
import { type GroupId, isGroupId, parseJobId } from "@millrace/shared";

/** Returns the id if it is that of a group of the key. Otherwise throws GROUP_NOT_FOUND, so that no key learns of others' groups. */
export function ownGroupId(keyId: string, groupId: string): GroupId {
  if (!isGroupId(groupId) || parseJobId(groupId)?.keyId !== keyId) throw groupNotFound();
  return groupId;
}

/** Returns the group that a change left, or throws why it was not changed. `repeated` is the state in which a repeated change succeeds. */
export function changedGroup(outcome: GroupOutcome, repeated?: GroupRecord["state"]): GroupRecord {
  if (outcome.kind === "notFound") throw groupNotFound();
  const { kind, group } = outcome;
  if (kind === "done" || group.state === repeated) return group;
  throw rpcError({
    reason: "ILLEGAL_TRANSITION",
    message: `the group has already finished: its state is ${group.state}`,
    metadata: { state: group.state },
  });
}

export const groupNotFound = (): RpcFault =>
  rpcError({ reason: "GROUP_NOT_FOUND", message: "there is no such group" });
