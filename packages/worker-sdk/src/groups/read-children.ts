import { type Group, type GroupChild, GroupState } from "@millrace/proto/group";
import { JobState } from "@millrace/proto/job";
import { type ChildUsage, type LeaseRef, WorkerService } from "@millrace/proto/worker-service";
import type { Call } from "../calls/scheduler-calls.ts";
import type {
  ChildCost,
  ChildResult,
  ChildState,
  FanOutManyResult,
  FanOutResult,
  ManyChildResult,
  ReadManyOptions,
} from "./contract.ts";

export interface ChildrenReader {
  readonly call: Call;
  readonly lease: LeaseRef;
  readonly signal: AbortSignal;
}

interface ChildrenPage {
  readonly group?: Group | undefined;
  readonly children: readonly GroupChild[];
  readonly usages: readonly ChildUsage[];
}

/** Reads the children of a fan-out, or with ordinal 0 of the group that the job finalizes, in pages. */
export async function* readPages(
  { call, lease, signal }: ChildrenReader,
  ordinal: number,
  more: { readonly wholeResults?: boolean; readonly usages?: boolean } = {},
): AsyncGenerator<ChildrenPage> {
  let afterIndex = 0;
  for (;;) {
    const request = { lease, ordinal, afterIndex, ...more };
    const page = await call(WorkerService.method.readChildren, request, signal);
    yield page;
    const last = page.children.at(-1)?.index ?? 0;
    if (!page.more || last <= afterIndex) return;
    afterIndex = last;
  }
}

/** Reads all that the children of a fan-out gave. */
export async function readFanOut(reader: ChildrenReader, ordinal: number): Promise<FanOutResult> {
  let group: Group | undefined;
  const children: ChildResult[] = [];
  for await (const page of readPages(reader, ordinal)) {
    group ??= page.group;
    children.push(...page.children.map(childResult));
  }
  const state = GroupState[group?.state ?? 0] as FanOutResult["state"];
  return { met: state === "SUCCEEDED", state, groupId: group?.id ?? "", children };
}

export const hasFinished = (group: Group | undefined): boolean =>
  group !== undefined && group.state !== GroupState.OPEN && group.state !== GroupState.RUNNING;

export function childResult(child: GroupChild): ChildResult {
  const { resultJson, ...rest } = manyChildResult(child);
  return { ...rest, ...(resultJson === undefined ? {} : { result: JSON.parse(resultJson) }) };
}

async function* readMany(
  reader: ChildrenReader,
  ordinal: number,
  { costs: usages = false }: ReadManyOptions = {},
): AsyncGenerator<ManyChildResult> {
  for await (const page of readPages(reader, ordinal, { wholeResults: true, usages })) {
    const spent = new Map(page.usages.map((one) => [one.index, costOf(one)]));
    for (const child of page.children) {
      const cost = spent.get(child.index);
      yield { ...manyChildResult(child), ...(cost === undefined ? {} : { cost }) };
    }
  }
}

function costOf({ usage }: ChildUsage): ChildCost {
  const { costMicros, unpricedAttempts = 0 } = usage ?? {};
  return {
    ...(costMicros === undefined ? {} : { micros: Number(costMicros) }),
    unpricedAttempts,
  };
}

/** A fan-out whose children are read when they are asked for. */
export function manyResult(
  reader: ChildrenReader,
  ordinal: number,
  group: Group,
): FanOutManyResult {
  const state = GroupState[group.state] as FanOutResult["state"];
  return {
    ...{ met: state === "SUCCEEDED", state, groupId: group.id },
    total: group.progress?.total ?? 0,
    children: (options) => readMany(reader, ordinal, options),
  };
}

function manyChildResult(child: GroupChild): ManyChildResult {
  const { index, jobId, state, resultJson, resultOmitted, failure } = child;
  return {
    ...{ index, jobId, state: stateOf(state) },
    ...(state === JobState.SUCCEEDED && !resultOmitted ? { resultJson } : {}),
    ...(resultOmitted ? { resultOmitted: true as const } : {}),
    ...(failure === undefined ? {} : { failure: failureOf(failure) }),
  };
}

const stateOf = (state: JobState): ChildState =>
  state === JobState.UNSPECIFIED ? "REMOVED" : (JobState[state] as ChildState);

const failureOf = ({ detailsJson, ...failure }: NonNullable<GroupChild["failure"]>) => ({
  ...{ reason: failure.reason, message: failure.message, retryable: failure.retryable },
  ...(detailsJson === "" ? {} : { details: JSON.parse(detailsJson) }),
});
