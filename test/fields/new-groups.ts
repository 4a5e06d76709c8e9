/** Proves that every way to create a group, to list groups and to cancel one takes and shows every field. */
import { fromJson, type JsonObject } from "@bufbuild/protobuf";
import { timestampDate, timestampFromMs } from "@bufbuild/protobuf/wkt";
import { GroupSchema, GroupState } from "@millrace/proto/group";
import * as outer from "@millrace/proto/group-service";
import * as inner from "@millrace/proto/scheduler-service";
import { systemClock as clock } from "@millrace/shared";
import { expect } from "vitest";
import { anyText, lately, someList } from "./expected-job.ts";
import type { Expected } from "./ledger.ts";
import type { World } from "./world.ts";

/** The callback of every group. */
export const callback = {
  ...{ url: "https://example.com/group", eventTypes: ["group.failed"], includeResult: true },
};
export const DAY_MS = 86_400_000;

/** Proves the answers to the creation of groups, the pages of lists, and the reasons of cancels. */
export async function proveNewGroup(world: World, queue: string): Promise<void> {
  const { ledger, groups, scheduler, millrace, keyId } = world;
  const deadline = timestampFromMs(Math.ceil(clock.nowMs() / 1_000) * 1_000 + DAY_MS);
  const options = {
    maxInFlight: 1,
    priority: 44,
    keepSiblings: true,
    labels: { c: "d" },
    deadline,
    callback,
  };
  const traceId = "0af7651916cd43dd8448eb211c80319c";
  const traceparent = `00-${traceId}-b7ad6b7169203331-01`;
  const jobs = [
    { type: "end", idempotencyKey: "once", pool: "nowhere/at-all", traceparent },
    { type: "!" },
  ];
  for (const rule of [
    { case: "any" as const, value: true },
    { case: "atLeastPercent" as const, value: 50 },
  ]) {
    const group = { queue, rule: { rule }, finalizer: { type: "end" }, ...options };
    const expected = (total: number): Expected => ({
      ...{ id: anyText, queue, state: GroupState.OPEN, finalizerJobId: anyText, ...options },
      ...{ rule: { [rule.case]: rule.value }, createTime: lately },
      progress: { total, inFlight: total },
    });
    const isFirst = rule.case === "any";
    const created = await groups.createGroup({ group, jobs });
    const id = String(created.group?.id);
    const results = [
      isFirst ? { jobId: anyText, traceId } : { jobId: anyText, existing: true },
      { error: { code: 3, message: anyText, details: someList } },
    ];
    ledger.compare("GroupService.CreateGroup response", outer.CreateGroupResponseSchema, created, {
      ...{ group: expected(isFirst ? 1 : 0), results },
    });
    const answer = await world.http("/v1/groups", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        group: {
          ...{ ...options, queue, finalizer: { type: "end" }, rule: { [rule.case]: rule.value } },
          deadline: timestampDate(deadline).toISOString(),
        },
        jobs,
      }),
    });
    const { group: shown, results: given } = (await answer.json()) as {
      group: JsonObject;
      results: { jobId?: string; existing?: boolean; error?: { status: number } }[];
    };
    const byHttp = fromJson(GroupSchema, shown);
    ledger.compare("HTTP POST /v1/groups answer", GroupSchema, byHttp, expected(0));
    expect(given).toMatchObject([{ existing: true }, { error: { status: 400 } }]);
    const inside = await scheduler.createGroup({
      groupId: id.replace(/.$/, id.endsWith("0") ? "1" : "0"),
      spec: { queue, rule: { rule }, ...options },
    });
    ledger.compare(
      "SchedulerService.CreateGroup response",
      inner.CreateGroupResponseSchema,
      inside,
      {
        group: { ...expected(0), finalizerJobId: undefined },
      },
    );
  }
  await provePages(world, queue);
  const cancels: Record<string, (groupId: string, reason: string) => Promise<unknown>> = {
    "SchedulerService.CancelGroup request": (groupId, reason) =>
      scheduler.cancelGroup({ keyId, cancel: { groupId, reason } }),
    "HTTP DELETE /v1/groups/{id} query": (groupId, reason) =>
      world.http(`/v1/groups/${groupId}?reason=${reason}`, { method: "DELETE" }),
    "client group cancel": (groupId, reason) => millrace.group(groupId).cancel({ reason }),
    "millrace groups cancel flags": (groupId, reason) =>
      Array.fromAsync(world.cliLines("groups", "cancel", groupId, "--reason", reason)),
  };
  for (const [way, cancel] of Object.entries(cancels)) {
    const { id } = await millrace.createGroup({ queue });
    await cancel(id, "because");
    expect((await millrace.group(id).get()).cancelReason, way).toBe("because");
    if (way.startsWith("Scheduler")) ledger.prove(way, "key_id", "cancel");
    else ledger.prove(way, "group_id", "reason");
  }
}

async function provePages(world: World, queue: string): Promise<void> {
  const { ledger, groups, scheduler, keyId } = world;
  const all = (await groups.listGroups({ queue })).groups.map(({ id }) => id);
  expect(all.length).toBeGreaterThan(2);
  const first = await groups.listGroups({ queue, pageSize: 1 });
  expect(first.groups.map(({ id }) => id)).toEqual(all.slice(0, 1));
  const { nextPageToken: pageToken } = first;
  const second = await groups.listGroups({ queue, pageSize: 1, pageToken });
  expect(second.groups.map(({ id }) => id)).toEqual(all.slice(1, 2));
  ledger.prove("GroupService.ListGroups request", "queue", "page_size", "page_token");
  ledger.prove("GroupService.ListGroups response", "next_page_token");
  const page = await scheduler.listGroups({ keyId, filter: { queue, pageSize: 1 } });
  expect(page.page?.nextPageToken).toBe(pageToken);
  ledger.prove("SchedulerService.ListGroups request", "key_id", "filter");
  ledger.prove("SchedulerService.ListGroups response", "page.next_page_token");
  const answer = await world.http(`/v1/groups?queue=${queue}&pageSize=1`);
  expect(await answer.json()).toMatchObject({ nextPageToken: pageToken });
  ledger.prove("HTTP GET /v1/groups", "next_page_token");
}
