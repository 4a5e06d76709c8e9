/** Proves that every way to list the children of a group shows every field. */
import { create, fromJson, type JsonObject } from "@bufbuild/protobuf";
import { GroupChildSchema } from "@millrace/proto/group";
import * as outer from "@millrace/proto/group-service";
import { JobState } from "@millrace/proto/job";
import * as inner from "@millrace/proto/scheduler-service";
import { expect } from "vitest";
import { anyText } from "./expected-job.ts";
import { failureWith } from "./job-ways.ts";
import type { Expected } from "./ledger.ts";
import type { World } from "./world.ts";

/** Converts a child of the client, of the command's JSON (`client`), or of an HTTP answer. */
function childOf(child: unknown, form: "client" | "http") {
  const { result, failure, state, ...same } = JSON.parse(JSON.stringify(child)) as JsonObject;
  return fromJson(GroupChildSchema, {
    ...same,
    state: form === "client" ? `JOB_STATE_${state}` : (state ?? null),
    ...(result === undefined ? {} : { resultJson: JSON.stringify(result) }),
    ...(failure === undefined ? {} : { failure: failureWith(failure) }),
  });
}

/** Lists children by each way, and proves the pages. */
export async function proveChildren(
  world: World,
  groupId: string,
  ids: readonly string[],
): Promise<void> {
  const { ledger, groups, scheduler, millrace, keyId } = world;
  const details = { detailsJson: '{"of":"a child"}' };
  const error = { reason: "HOPELESS", message: "it cannot be done", retryable: true, ...details };
  const some = { reason: anyText, message: anyText };
  const expected: Expected[] = [
    { state: JobState.SUCCEEDED, resultJson: '{"answer":42}' },
    { state: JobState.SUCCEEDED, resultOmitted: true },
    { state: JobState.FAILED, failure: error },
    { state: JobState.QUEUED },
    { state: JobState.EXPIRED, failure: some },
    { state: JobState.CANCELLED, failure: some },
  ].map((child, at) => ({ index: at + 1, jobId: ids[at], ...child }));
  const first = await groups.listGroupChildren({ groupId, pageSize: 4 });
  ledger.compare(
    "GroupService.ListGroupChildren response",
    outer.ListGroupChildrenResponseSchema,
    first,
    {
      ...{ children: expected.slice(0, 4), more: true },
    },
  );
  const rest = await groups.listGroupChildren({ groupId, afterIndex: 4 });
  ledger.compare(
    "GroupService.ListGroupChildren response",
    outer.ListGroupChildrenResponseSchema,
    rest,
    {
      children: expected.slice(4),
    },
  );
  ledger.prove("GroupService.ListGroupChildren request", "group_id", "page_size", "after_index");
  const filter = { groupId, pageSize: 5 };
  const page = await scheduler.listGroupChildren({ keyId, filter });
  ledger.compare(
    "SchedulerService.ListGroupChildren response",
    inner.ListGroupChildrenResponseSchema,
    page,
    {
      page: { children: expected.slice(0, 5), more: true },
    },
  );
  ledger.prove("SchedulerService.ListGroupChildren request", "key_id", "filter");
  const answer = await world.http(`/v1/groups/${groupId}/children?afterIndex=0&pageSize=5`);
  const { children, more } = (await answer.json()) as { children: unknown[]; more: boolean };
  const byHttp = create(outer.ListGroupChildrenResponseSchema, {
    ...{ more, children: children.map((child) => childOf(child, "http")) },
  });
  ledger.compare(
    "HTTP GET /v1/groups/{id}/children",
    outer.ListGroupChildrenResponseSchema,
    byHttp,
    {
      ...{ children: expected.slice(0, 5), more: true },
    },
  );
  const byClient = await Array.fromAsync(millrace.group(groupId).children());
  const lines = await Array.fromAsync(world.cliLines("groups", "children", groupId));
  for (const [way, all] of [
    ["client group children", byClient],
    ["millrace groups children", lines],
  ] as const) {
    expect(all).toHaveLength(expected.length);
    for (const [at, child] of all.entries()) {
      ledger.compare(way, GroupChildSchema, childOf(child, "client"), expected[at] ?? {});
    }
  }
}
