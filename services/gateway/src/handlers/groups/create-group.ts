import type { Group } from "@millrace/proto/group";
import type { CreateGroupRequest, GroupService } from "@millrace/proto/group-service";
import type { JobSpec } from "@millrace/proto/job";
import type { SubmitResult } from "@millrace/proto/job-service";
import { type Handler, rpcError } from "@millrace/runtime";
import type { KeyId } from "@millrace/shared";
import { type TraceHeaders, traceOfCall } from "@millrace/telemetry";
import type { Caller } from "../../callers/caller.ts";
import type { GatewayParts } from "../../gateway-parts.ts";
import { namesGroup } from "../../grouping/check-group.ts";
import { refusedResult } from "../../messages/refused-result.ts";

/** Creates a group, then submits its children like any jobs, and closes it unless a child was refused. */
export const createGroup =
  (parts: GatewayParts): Handler<typeof GroupService.method.createGroup, Caller> =>
  async ({ group: spec, jobs, close }, { identity, signal, concerns, headers }) => {
    if (spec === undefined) {
      throw rpcError({ reason: "MALFORMED", message: "group: value is required" });
    }
    const { keyId } = identity;
    // The limit is checked first: a refused call must not have created its group.
    using _place = parts.submissions.enter(keyId, jobs.length + 1);
    const trace = traceOfCall(headers);
    const created = await parts.createGroup(keyId, spec, { signal, trace });
    concerns(created.id, "group");
    const results = await submitChildren(parts, keyId, created, jobs, trace);
    const group = await groupAfter(parts, keyId, created, { results, close }, signal);
    return { group, results };
  };

async function submitChildren(
  { submit }: GatewayParts,
  keyId: KeyId,
  { id, queue }: Group,
  jobs: readonly JobSpec[],
  trace: TraceHeaders,
): Promise<SubmitResult[]> {
  const joining = jobs.filter(({ groupId }) => groupId === "");
  for (const spec of joining) {
    spec.groupId = id;
    if (spec.queue === "") spec.queue = queue;
  }
  const submitted = [...(joining.length === 0 ? [] : await submit(keyId, joining, { trace }))];
  return jobs.map((spec) =>
    spec.groupId === id ? (submitted.shift()?.result ?? unanswered()) : refusedResult(namesGroup()),
  );
}

/** Reads the group as it is after its children have joined, and closes it if the caller wants that. */
async function groupAfter(
  { scheduler }: GatewayParts,
  keyId: KeyId,
  created: Group,
  {
    results,
    close,
  }: { readonly results: readonly SubmitResult[] } & Pick<CreateGroupRequest, "close">,
  signal: AbortSignal,
): Promise<Group> {
  const isWhole = results.every(({ result }) => result.case === "jobId");
  if (results.length === 0 && !close) return created;
  const call = { keyId, groupId: created.id };
  const { group } =
    close && isWhole
      ? await scheduler.closeGroup(call, { signal })
      : await scheduler.getGroup(call, { signal });
  return group ?? created;
}

const unanswered = (): never => {
  throw new Error("the submitter returned no answer for a job");
};
