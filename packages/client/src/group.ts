import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { type Timestamp, timestampDate, timestampFromDate } from "@bufbuild/protobuf/wkt";
import {
  type GroupChild as ChildMessage,
  type Group as GroupMessage,
  GroupProgressSchema,
  type GroupRuleSchema,
  type GroupSpecSchema,
  GroupState as StateMessage,
} from "@millrace/proto/group";
import { JobState as JobStateMessage } from "@millrace/proto/job";
import {
  failureOf,
  type JobFailure,
  type JobState,
  jobStateOf,
  type NewJob,
  specOf,
} from "./job.ts";
import { parsed } from "./parsed.ts";
import { type Callback, callbackMessage, callbackOf } from "./webhook.ts";

/** SUCCEEDED, FAILED, CANCELLED and EXPIRED are final. */
export type GroupState = "OPEN" | "RUNNING" | "SUCCEEDED" | "FAILED" | "CANCELLED" | "EXPIRED";

/** When a group succeeds: all children, any one child, or at least this share of the children must succeed. */
export type GroupRule = "all" | "any" | { readonly atLeastPercent: number };

/** A job of a group. Its queue is that of the group. */
export type NewChild = Omit<NewJob, "queue" | "groupId">;

/** The job that runs when its group has succeeded. The group alone decides when. */
export type NewFinalizer = Omit<
  NewChild,
  "runAt" | "idempotencyKey" | "deduplication" | "maxCostMicros" | "refuseLate"
>;

/** A group to create. Only `queue` is required. */
export interface NewGroup {
  readonly queue: string;
  /** Default "all". */
  readonly rule?: GroupRule;
  readonly finalizer?: NewFinalizer;
  /** The most children that wait for a worker or run at once. The others are SCHEDULED. Default: no limit. */
  readonly maxInFlight?: number;
  /** The group expires at this time, with all of its jobs. Default: 7 days ahead; at most 31 days. */
  readonly deadline?: Date;
  /** The priority of children and of a finalizer that name none. Default 50. */
  readonly priority?: number;
  /** True: children go on when the group is decided before they have ended. Default: they are cancelled. */
  readonly keepSiblings?: boolean;
  readonly labels?: Readonly<Record<string, string>>;
  /** A URL to which the group's end is sent. */
  readonly callback?: Callback;
}

/** How many children have ended, and how. */
export interface GroupProgress {
  readonly total: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly cancelled: number;
  readonly expired: number;
  /** Removed before they ended, for example by an operator. */
  readonly removed: number;
  /** Waiting for a worker or running, and not held back by maxInFlight. */
  readonly inFlight: number;
}

export interface Group {
  readonly id: string;
  readonly queue: string;
  readonly state: GroupState;
  readonly rule: GroupRule;
  /** 0: no limit. */
  readonly maxInFlight: number;
  readonly keepSiblings: boolean;
  readonly progress: GroupProgress;
  readonly finalizerJobId?: string;
  /** The job that made the group by a fan-out. */
  readonly parentJobId?: string;
  readonly priority?: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly createTime?: Date;
  readonly finishTime?: Date;
  readonly deadline?: Date;
  readonly cancelReason?: string;
  readonly callback?: Callback;
}

/** One child of a group, and what it gave. */
export interface GroupChild<Result = unknown> {
  /** From 1, in the order of joining. */
  readonly index: number;
  readonly jobId: string;
  /** REMOVED: it was removed before it ended. */
  readonly state: JobState | "REMOVED";
  /** The result of a SUCCEEDED child, if it is at most 64 KiB long. */
  readonly result?: Result;
  /** True: the result is longer. `getJob` reads it. */
  readonly resultOmitted: boolean;
  /** Why it failed, was cancelled or expired. */
  readonly failure?: JobFailure;
}

type SpecInit = MessageInitShape<typeof GroupSpecSchema>;
type Mutable<T> = { -readonly [K in keyof T]: T[K] };

export function groupSpecOf(group: NewGroup): SpecInit {
  const { queue, rule, finalizer, deadline, labels } = group;
  const spec: Mutable<SpecInit> = { queue };
  const ruled = ruleMessage(rule);
  if (ruled !== undefined) spec.rule = ruled;
  if (finalizer !== undefined) spec.finalizer = specOf({ ...finalizer, queue });
  if (group.maxInFlight !== undefined) spec.maxInFlight = group.maxInFlight;
  if (deadline !== undefined) spec.deadline = timestampFromDate(deadline);
  if (group.priority !== undefined) spec.priority = group.priority;
  if (group.keepSiblings !== undefined) spec.keepSiblings = group.keepSiblings;
  if (labels !== undefined) spec.labels = { ...labels };
  if (group.callback !== undefined) spec.callback = callbackMessage(group.callback);
  return spec;
}

function ruleMessage(
  rule: GroupRule | undefined,
): MessageInitShape<typeof GroupRuleSchema> | undefined {
  if (rule === undefined || rule === "all") return undefined;
  if (rule === "any") return { rule: { case: "any", value: true } };
  return { rule: { case: "atLeastPercent", value: rule.atLeastPercent } };
}

function ruleOf({ rule }: GroupMessage): GroupRule {
  if (rule?.rule.case === "atLeastPercent") return { atLeastPercent: rule.rule.value };
  return rule?.rule.case === "any" && rule.rule.value ? "any" : "all";
}

/** A newer gateway may send states that this client does not know. Their name is then their number. */
const stateOf = (state: StateMessage): GroupState =>
  (StateMessage[state] ?? String(state)) as GroupState;

const unfinished: ReadonlySet<GroupState> = new Set(["OPEN", "RUNNING"]);

/** Whether the group is in a final state. */
export const groupHasFinished = ({ state }: Group): boolean => !unfinished.has(state);

export function groupOf(message: GroupMessage): Group {
  const progress = create(GroupProgressSchema, message.progress);
  const { total, succeeded, failed, cancelled, expired, removed, inFlight } = progress;
  const group: Mutable<Group> = {
    id: message.id,
    queue: message.queue,
    state: stateOf(message.state),
    rule: ruleOf(message),
    maxInFlight: message.maxInFlight,
    keepSiblings: message.keepSiblings,
    progress: { total, succeeded, failed, cancelled, expired, removed, inFlight },
    labels: message.labels,
  };
  if (message.finalizerJobId !== "") group.finalizerJobId = message.finalizerJobId;
  if (message.parentJobId !== "") group.parentJobId = message.parentJobId;
  if (message.priority !== undefined) group.priority = message.priority;
  if (message.cancelReason !== "") group.cancelReason = message.cancelReason;
  if (message.callback !== undefined) group.callback = callbackOf(message.callback);
  for (const name of ["createTime", "finishTime", "deadline"] as const) {
    const time: Timestamp | undefined = message[name];
    if (time !== undefined) group[name] = timestampDate(time);
  }
  return group;
}

export function groupChildOf<Result>(message: ChildMessage): GroupChild<Result> {
  const { index, jobId, state, resultJson, resultOmitted } = message;
  const failure = failureOf(message.failure);
  return {
    ...{ index, jobId, resultOmitted },
    state: state === JobStateMessage.UNSPECIFIED ? "REMOVED" : jobStateOf(state),
    ...(resultJson === "" ? {} : { result: parsed(resultJson) as Result }),
    ...(failure === undefined ? {} : { failure }),
  };
}
