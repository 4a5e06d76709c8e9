import { type Engine, type GroupRecord, type JobSpec, queueDefaults } from "@millrace/engine";
import type { FanOutRequest, WorkerService } from "@millrace/proto/worker-service";
import { type Handler, rpcError } from "@millrace/runtime";
import { type Clock, queueOf, type Random } from "@millrace/shared";
import { groupMessage } from "../messages/group-message.ts";
import { ruleOf } from "../messages/group-spec.ts";
import { refusalOf, type SubmissionOutcome } from "../messages/submit-result.ts";
import type { JobObserver } from "../observing/job-observer.ts";
import type { MemoryPressure } from "../policy/memory-pressure.ts";
import type { LeaseTokens } from "../session/lease-tokens.ts";
import { leaseLost, namedLease } from "../session/named-lease.ts";
import { errorOfChild, fanOutChildren } from "../submitting/fan-out-children.ts";
import { gatherSubmissions, jobWeight } from "../submitting/gather-submissions.ts";
import type { WorkerPass } from "../tokens/worker-tokens.ts";
import { type CallbackRules, callbackRefusal } from "../webhooks/callback-rules.ts";

export interface FanOutParts {
  readonly engine: Pick<Engine, "openFanOut" | "getGroups" | "getJobs" | "recentQueue" | "submit">;
  readonly observer: JobObserver;
  readonly tokens: LeaseTokens;
  readonly clock: Clock;
  readonly random: Random;
  readonly pressure: Pick<MemoryPressure, "admits">;
  readonly callbacks: CallbackRules;
}

type Method = (typeof WorkerService)["method"]["fanOut"];

/** The states of a group that takes no more children. */
const takesChildren = ({ state }: GroupRecord): boolean => state === "OPEN";

/**
 * Opens a fan-out of a running attempt, and adds children to it. If a child is refused, the children before it may be
 * stored; the worker repeats the call.
 */
export function fanOut(parts: FanOutParts): Handler<Method, WorkerPass> {
  const { engine, tokens } = parts;
  const addChildren = childrenAdder(parts);
  return async (request, { identity: pass, concerns }) => {
    const lease = namedLease(tokens, pass, request.lease);
    concerns(lease.jobId);
    const opened = await engine.openFanOut({
      ...lease,
      ordinal: request.ordinal,
      planHash: Buffer.from(request.planSha256).toString("base64url"),
      rule: ruleOf(request.rule),
      maxInFlight: request.maxInFlight,
      keepSiblings: request.keepSiblings,
    });
    if (opened.kind === "leaseLost") throw leaseLost();
    if (opened.kind === "differs") throw differs(request);
    const { group } = opened;
    if (request.children.length === 0 || !takesChildren(group)) {
      return { group: groupMessage(group) };
    }
    await addChildren(request, lease.jobId, group);
    const [current] = await engine.getGroups([group.id]);
    return { group: groupMessage(current ?? group) };
  };
}

const differs = ({ ordinal }: FanOutRequest) =>
  rpcError({
    reason: "FAN_OUT_DIFFERS",
    message:
      `fan-out ${ordinal} of this job was made before with other children or options, and an attempt has waited for it: ` +
      "an executor must make the same fan-outs in the same order each time that it runs",
    metadata: { ordinal: String(ordinal) },
  });

/** Submits children of a fan-out, and throws the error of the first one that is refused. */
function childrenAdder(parts: FanOutParts) {
  const { engine, observer, clock, random, pressure, callbacks } = parts;
  const submit = gatherSubmissions(engine);
  return async (
    { children, firstIndex }: FanOutRequest,
    parentId: GroupRecord["parentId"] & string,
    { id: groupId }: GroupRecord,
  ): Promise<void> => {
    for (const [at, { callback }] of children.entries()) {
      const path = `children[${at}].callback`;
      const refusal = callbackRefusal(callback, callbacks, { of: "job", path });
      if (refusal !== undefined) throw rpcError(refusal);
    }
    const [parent] = await engine.getJobs([parentId], "summary");
    if (parent === undefined) throw leaseLost();
    const queue = await engine.recentQueue(queueOf(parentId));
    const { defaultRetry } = queue ?? queueDefaults;
    const nowMs = clock.nowMs();
    const of = { parent, groupId, firstIndex, defaultRetry, nowMs, random };
    const specs = fanOutChildren(children, of);
    const bytes = specs.reduce((sum, spec) => sum + jobWeight(spec), 0);
    const outcomes: readonly SubmissionOutcome[] = pressure.admits(bytes)
      ? await submit(specs)
      : specs.map(() => ({ kind: "storeFull" }));
    observe(observer, specs, outcomes);
    for (const [at, { id }] of specs.entries()) {
      const outcome = outcomes[at];
      if (outcome === undefined) throw new Error("the engine returned no outcome for a child");
      if (outcome.kind === "accepted" || outcome.kind === "existing") continue;
      throw errorOfChild(refusalOf(id, outcome), firstIndex + at, at);
    }
  };
}

function observe(
  observer: JobObserver,
  specs: readonly JobSpec[],
  outcomes: readonly SubmissionOutcome[],
): void {
  for (const [at, { id, type }] of specs.entries()) {
    if (outcomes[at]?.kind === "accepted") observer.submitted(id, type);
    if (outcomes[at]?.kind === "storeFull") observer.shed();
  }
}
