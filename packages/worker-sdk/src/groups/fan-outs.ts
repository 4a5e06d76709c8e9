/**
 * The fan-outs of one attempt. An executor that has fanned out is called again from its beginning. Its n-th call of
 * `fanOut` is the job's n-th fan-out: if the children of that one have ended, the call returns what they gave.
 */
import { type Group, GroupState } from "@millrace/proto/group";
import { WorkerService } from "@millrace/proto/worker-service";
import { groups, jobBytes } from "@millrace/shared";
import { JobFailure } from "../job-failure.ts";
import type {
  ChildJob,
  Children,
  ChildrenInTurn,
  FanOutManyOptions,
  FanOutManyResult,
  FanOutOptions,
  FanOutResult,
} from "./contract.ts";
import { namedPlan, type Plan, type PlannedChild, plannedChild, planOf } from "./plan.ts";
import {
  type ChildrenReader,
  hasFinished,
  manyResult,
  readFanOut,
  readPages,
} from "./read-children.ts";
import { WaitingForChildren } from "./waiting.ts";

/** One call's children: the contract's limit, and a size well below gRPC's 4 MiB. */
const callLimits = {
  maxItems: 256,
  maxWeight: 2 * 1024 * 1024,
  weigh: ({ spec, payloadJson }: PlannedChild) => jobBytes(spec.labels, payloadJson),
};

export interface FanOutsOptions extends ChildrenReader {
  /** How many fan-outs of the job are stored. The last one may be incomplete. */
  readonly stored: number;
  readonly traceparent: string;
  readonly tracestate: string;
  /** Called when the attempt must end to wait for its children. Aborts the signal, so that no further call is made. */
  onWaiting(waiting: WaitingForChildren): void;
}

export class FanOuts {
  readonly #options: FanOutsOptions;
  #made = 0;
  /** Fan-outs that an executor starts together run one after the other, in the order of their calls. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: FanOutsOptions) {
    this.#options = options;
  }

  fanOut(children: Children, options: FanOutOptions = {}): Promise<FanOutResult> {
    this.#made += 1;
    const ordinal = this.#made;
    const { traceparent, tracestate } = this.#options;
    const planFor = (jobs: readonly ChildJob[]) =>
      planOf(jobs, { traceparent, tracestate, ...options });
    let run: () => Promise<FanOutResult>;
    if (typeof children === "function") {
      run = () => this.#runLater(ordinal, async () => planFor(await children()));
    } else {
      // The plan is made now, so that a later change of the executor's objects cannot change it.
      const plan = attempted(() => planFor(children));
      run = async () => this.#run(ordinal, await plan);
    }
    const result = this.#last.then(run);
    this.#last = result.catch(() => undefined);
    return result;
  }

  /** As `fanOut`, with few children in memory at once. */
  fanOutMany(children: ChildrenInTurn, options: FanOutManyOptions): Promise<FanOutManyResult> {
    this.#made += 1;
    const ordinal = this.#made;
    const { traceparent, tracestate } = this.#options;
    const whole = { traceparent, tracestate, ...options };
    const result = this.#last.then(() => this.#runMany(ordinal, children, whole));
    this.#last = result.catch(() => undefined);
    return result;
  }

  async #runMany(
    ordinal: number,
    children: ChildrenInTurn,
    options: FanOutManyOptions,
  ): Promise<FanOutManyResult> {
    const plan = namedPlan(options);
    let group = await this.#send(ordinal, plan, 1, []);
    let first = (group?.progress?.total ?? 0) + 1;
    if (group?.state === GroupState.OPEN) {
      for await (const some of plannedInTurn(children(), first, options)) {
        group = await this.#add(ordinal, plan, first, some);
        if (group?.state !== GroupState.OPEN) break;
        first += some.length;
      }
    }
    if (group !== undefined && hasFinished(group)) return manyResult(this.#options, ordinal, group);
    return this.#wait(group?.progress?.total ?? 0);
  }

  async #run(ordinal: number, plan: Plan): Promise<FanOutResult> {
    const group = await this.#handOver(ordinal, plan);
    if (hasFinished(group)) return readFanOut(this.#options, ordinal);
    return this.#wait(plan.children.length);
  }

  /** Makes the plan only if children must still be handed over. */
  async #runLater(ordinal: number, makePlan: () => Promise<Plan>): Promise<FanOutResult> {
    const group = ordinal <= this.#options.stored ? await this.#known(ordinal) : undefined;
    if (group === undefined || group.state === GroupState.OPEN)
      return this.#run(ordinal, await makePlan());
    if (hasFinished(group)) return readFanOut(this.#options, ordinal);
    return this.#wait(group.progress?.total ?? 0);
  }

  #wait(children: number): never {
    const waiting = new WaitingForChildren(children);
    this.#options.onWaiting(waiting);
    throw waiting;
  }

  async #known(ordinal: number): Promise<Group | undefined> {
    for await (const { group } of readPages(this.#options, ordinal)) return group;
    return undefined;
  }

  /** Stores the children that are not stored yet. Returns the group. */
  async #handOver(ordinal: number, plan: Plan): Promise<Group | undefined> {
    const known = ordinal <= this.#options.stored || plan.children.length === 0;
    let group = known ? await this.#send(ordinal, plan, 1, []) : undefined;
    if (group !== undefined && group.state !== GroupState.OPEN) return group;
    let firstIndex = 1;
    for (const children of groups(plan.children, callLimits)) {
      group = await this.#add(ordinal, plan, firstIndex, children);
      if (hasFinished(group)) return group;
      firstIndex += children.length;
    }
    return group;
  }

  /** Adds children. If the group has been cancelled meanwhile, none is added. */
  async #add(
    ordinal: number,
    plan: Plan,
    firstIndex: number,
    children: readonly PlannedChild[],
  ): Promise<Group | undefined> {
    try {
      return await this.#send(ordinal, plan, firstIndex, children);
    } catch (error) {
      if (!(error instanceof JobFailure) || error.reason !== "GROUP_CLOSED") throw error;
      return this.#send(ordinal, plan, 1, []);
    }
  }

  async #send(
    ordinal: number,
    { sha256, rule, maxInFlight, keepSiblings }: Plan,
    firstIndex: number,
    children: readonly PlannedChild[],
  ): Promise<Group | undefined> {
    const { call, lease, signal } = this.#options;
    const request = {
      ...{ lease, ordinal, planSha256: sha256, rule, maxInFlight, keepSiblings, firstIndex },
      children: children.map(({ spec }) => spec),
    };
    return (await call(WorkerService.method.fanOut, request, signal)).group;
  }
}

/** Gathers the children from an index on, as many as one call takes. The children before it are stored. */
async function* plannedInTurn(
  children: AsyncIterable<ChildJob>,
  first: number,
  options: FanOutOptions,
): AsyncGenerator<PlannedChild[]> {
  const { maxItems, maxWeight, weigh } = callLimits;
  let some: PlannedChild[] = [];
  let weight = 0;
  let index = 0;
  for await (const job of children) {
    index += 1;
    if (index < first) continue;
    const child = plannedChild(job, index, options);
    weight += weigh(child);
    if (some.length > 0 && (some.length >= maxItems || weight > maxWeight)) {
      yield some;
      some = [];
      weight = weigh(child);
    }
    some.push(child);
  }
  if (some.length > 0) yield some;
}

/** Runs at once, and keeps a thrown error for whoever awaits the result. */
function attempted<T>(run: () => T): Promise<T> {
  const result = new Promise<T>((resolve) => resolve(run()));
  result.catch(() => undefined);
  return result;
}
