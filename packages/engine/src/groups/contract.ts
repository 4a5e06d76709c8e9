import type { GroupId, JobId, JobState, KeyId, QueueName } from "@millrace/shared";
import type { Failure, JobSettings, JobSpec, SubmitOutcome } from "../jobs/contract.ts";
import type { LeaseRef } from "../leases/contract.ts";

/** When a group succeeds: all children, any one child, or at least this percentage of the children must succeed. */
export type GroupRule = "all" | "any" | number;

export type GroupState = "OPEN" | "RUNNING" | "SUCCEEDED" | "FAILED" | "CANCELLED" | "EXPIRED";

/** What a group and a fan-out are made of. */
export interface GroupOptions {
  readonly rule: GroupRule;
  /** The most children that wait for a worker or run at once. 0 means no limit. */
  readonly maxInFlight: number;
  /** True: children go on when the group is decided before they have ended. */
  readonly keepSiblings: boolean;
}

export interface GroupSpec extends GroupOptions {
  readonly id: GroupId;
  /** Then the group becomes EXPIRED, and its children are cancelled. */
  readonly deadlineMs: number;
  readonly createdAtMs: number;
  /** The job that runs when the group has succeeded. */
  readonly finalizer?: JobSpec;
  /** What the engine decides nothing by. It is returned as it was given. */
  readonly details?: string;
  /** The group's end is recorded in the outbox, though its key may not subscribe to it. See JobSpec.callback. */
  readonly callback?: "end";
}

export interface GroupRecord extends GroupOptions {
  readonly id: GroupId;
  readonly state: GroupState;
  readonly total: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly cancelled: number;
  readonly expired: number;
  /** Removed before they ended. */
  readonly removed: number;
  /** Waiting for a worker or running, and not held back by maxInFlight. */
  readonly inFlight: number;
  readonly createdAtMs: number;
  readonly finishedAtMs?: number;
  readonly deadlineMs?: number;
  readonly finalizerId?: JobId;
  /** The job that made the group by a fan-out. */
  readonly parentId?: JobId;
  readonly cancelReason?: string;
  readonly details?: string;
}

export interface GroupChild {
  /** From 1, in the order of joining. */
  readonly index: number;
  readonly jobId: JobId;
  /** The final state; REMOVED if the job was removed before it ended; UNFINISHED if it has not ended. */
  readonly state: JobState | "REMOVED" | "UNFINISHED";
  /** Absent if the result is longer than 64 KiB. */
  readonly resultJson?: string;
  readonly failure?: Failure;
}

export interface GroupChildren {
  readonly group: GroupRecord;
  readonly children: readonly GroupChild[];
  readonly more: boolean;
}

export interface FanOut extends LeaseRef, GroupOptions {
  /** Which fan-out of the job this is, from 1. */
  readonly ordinal: number;
  /** Tells a repeated fan-out from another one. */
  readonly planHash: string;
}

export type FanOutOutcome =
  /** The group exists now. Its children join by JobSpec.group. */
  | { readonly kind: "opened"; readonly group: GroupRecord }
  /** An attempt has waited for this fan-out, and its plan was another. */
  | { readonly kind: "differs" }
  | { readonly kind: "leaseLost" };

export type GroupOutcome =
  | { readonly kind: "done"; readonly group: GroupRecord }
  /** The group has finished. */
  | { readonly kind: "alreadyFinal"; readonly group: GroupRecord }
  | { readonly kind: "notFound" };

export type CreateOutcome =
  | { readonly kind: "created"; readonly group: GroupRecord }
  /** The finalizer was refused, so the group does not exist. */
  | { readonly kind: "refused"; readonly outcome: SubmitOutcome };

export type ChildrenRead =
  | ({ readonly kind: "read" } & GroupChildren)
  | { readonly kind: "notFound" }
  | { readonly kind: "leaseLost" };

export interface GroupFilter {
  readonly keyId: KeyId;
  readonly queue: QueueName;
  readonly pageSize: number;
  readonly pageToken?: string;
}

/** The settings of a queue that groups depend on. */
export type GroupSettings = JobSettings;

export interface GroupPage {
  readonly groups: readonly GroupRecord[];
  readonly nextPageToken?: string;
}

export interface Groups {
  /**
   * Creates a group with its finalizer, which waits. Repeating it is safe. The answer tells why the finalizer was refused
   * as a submission's does.
   */
  createGroup(spec: GroupSpec): Promise<CreateOutcome>;
  /** No more jobs may join. */
  closeGroup(id: GroupId): Promise<GroupOutcome>;
  /** Cancels the children within a few calls of tendGroups, and the job that waits for them. */
  cancelGroup(id: GroupId, reason: string): Promise<GroupOutcome>;
  getGroups(ids: readonly GroupId[]): Promise<readonly (GroupRecord | undefined)[]>;
  /** One key's groups in one queue, newest first. */
  listGroups(filter: GroupFilter): Promise<GroupPage>;
  /** The children after an index, in order, up to `limit` and to about 1 MiB of results. */
  listGroupChildren(
    id: GroupId,
    afterIndex: number,
    limit: number,
  ): Promise<GroupChildren | undefined>;
  /** Makes the group of a running attempt's fan-out, or finds the one that an earlier attempt made. */
  openFanOut(fanOut: FanOut): Promise<FanOutOutcome>;
  /** As listGroupChildren, for the job that waits or has waited for the group. `ordinal` 0: the group that it finalizes. */
  readChildren(
    lease: LeaseRef,
    ordinal: number,
    afterIndex: number,
    limit: number,
  ): Promise<ChildrenRead>;
  /** Stores a checkpoint for the next attempts. Returns false if the lease is lost. */
  saveCheckpoint(lease: LeaseRef, checkpointJson: string): Promise<boolean>;
  /**
   * Looks at up to `limit` groups that are due: goes on cancelling children, ends groups past their deadline, finds
   * children that another program removed, and removes groups past their retention. Schedulers repeat it as a duty.
   */
  tendGroups(queue: QueueName, limit: number): Promise<{ readonly more: boolean }>;
}
