/** Proves that every way to read a group shows every field. */
import { fromJson, type JsonObject } from "@bufbuild/protobuf";
import { durationFromMs, timestampFromMs } from "@bufbuild/protobuf/wkt";
import { type Group, GroupSchema, GroupState } from "@millrace/proto/group";
import * as outer from "@millrace/proto/group-service";
import * as inner from "@millrace/proto/scheduler-service";
import { systemClock as clock, systemRandom as random } from "@millrace/shared";
import { JobFailure, startWorker } from "@millrace/worker-sdk";
import { expect, onTestFinished } from "vitest";
import { anyText, lately } from "./expected-job.ts";
import { proveChildren } from "./group-children.ts";
import type { Expected } from "./ledger.ts";
import { callback, DAY_MS, proveNewGroup } from "./new-groups.ts";
import type { World } from "./world.ts";

const LONG = 70_000;

/** Converts a group of the client, or of the command's JSON, to the contract's message. An unknown member throws. */
function groupOfClient(group: object): Group {
  const { rule, state, ...same } = JSON.parse(JSON.stringify(group)) as JsonObject;
  return fromJson(GroupSchema, {
    ...same,
    state: `GROUP_STATE_${state}`,
    ...(rule === "any" ? { rule: { any: true } } : {}),
    ...(typeof rule === "object" ? { rule } : {}),
  });
}

const ends: Readonly<Record<string, () => unknown>> = {
  succeed: () => ({ answer: 42 }),
  long: () => "x".repeat(LONG),
  fail: () => {
    throw new JobFailure("HOPELESS", "it cannot be done", true, { details: { of: "a child" } });
  },
};

/** A group with a child for each way to end, and one that waits for a worker that does not exist. */
async function startGroup(world: World, queue: string, rule: "any" | { atLeastPercent: number }) {
  const worker = startWorker({
    ...{ address: world.workers, workerId: `of-${queue}`, queues: [queue], slots: 4 },
    ...{ clock, random },
    executors: { end: async ({ payload }) => ends[(payload as { how: string }).how]?.() },
  });
  onTestFinished(() => worker.drain(0));
  const child = (how: string) => ({ type: "end", payload: { how } });
  const waiting = { type: "end", pool: "nowhere/at-all" };
  const group = await world.millrace.createGroup(
    {
      ...{ queue, rule, maxInFlight: 9, keepSiblings: true, priority: 33, labels: { a: "b" } },
      callback,
      finalizer: { type: "end" },
      deadline: new Date(Math.ceil(clock.nowMs() / 1_000) * 1_000 + DAY_MS),
    },
    [
      ...(rule === "any" ? [] : [child("succeed"), child("long")]),
      { ...child("fail"), retry: { maxAttempts: 1 } },
      waiting,
      { ...waiting, expiresAt: new Date(clock.nowMs() + 2_000) },
      waiting,
    ],
  );
  const ids = group.outcomes.map((one) => (one.kind === "accepted" ? one.jobId : ""));
  await world.millrace.cancel(String(ids.at(-1)), { reason: "not needed" });
  const succeeded = rule === "any" ? 0 : 2;
  for await (const { progress } of group.watch()) {
    const { failed, cancelled, expired } = progress;
    if (progress.succeeded === succeeded && failed + cancelled + expired === 3) break;
  }
  return { group, ids, succeeded };
}

export async function proveGroupReads(world: World, queues: readonly string[]): Promise<void> {
  for (const [index, rule] of (["any", { atLeastPercent: 99 }] as const).entries()) {
    const queue = String(queues[index]);
    const { group, ids, succeeded } = await startGroup(world, queue, rule);
    const now = await group.get();
    const expected: Expected = {
      ...{ id: group.id, queue, state: GroupState.OPEN, maxInFlight: 9, priority: 33 },
      ...(rule === "any" ? { rule: { any: true } } : { rule }),
      ...{ keepSiblings: true, labels: { a: "b" }, finalizerJobId: anyText, createTime: lately },
      callback,
      deadline: timestampFromMs(now.deadline?.getTime() ?? 0),
      progress: {
        ...{ total: ids.length, succeeded, failed: 1, cancelled: 1, expired: 1, inFlight: 1 },
      },
    };
    await readEverywhere(world, queue, expected);
    if (rule !== "any") await proveChildren(world, group.id, ids);
    await endEverywhere(world, queue, group.id, { ...expected, state: GroupState.RUNNING });
  }
  await proveNewGroup(world, String(queues[0]));
}

/** Reads a group by each way that does not change it. `expected` must be the queue's only group. */
async function readEverywhere(world: World, queue: string, expected: Expected): Promise<void> {
  const { ledger, groups, scheduler, millrace, keyId } = world;
  const groupId = String(expected.id);
  const compare = (way: string, came: Group | undefined) =>
    ledger.compare(way, GroupSchema, came, expected);
  const got = await groups.getGroup({ groupId });
  ledger.compare("GroupService.GetGroup response", outer.GetGroupResponseSchema, got, {
    group: expected,
  });
  const read = await scheduler.getGroup({ keyId, groupId });
  ledger.compare("SchedulerService.GetGroup response", inner.GetGroupResponseSchema, read, {
    group: expected,
  });
  const listed = await groups.listGroups({ queue });
  ledger.compare("GroupService.ListGroups response", outer.ListGroupsResponseSchema, listed, {
    groups: [expected],
  });
  const page = await scheduler.listGroups({ keyId, filter: { queue } });
  ledger.compare("SchedulerService.ListGroups response", inner.ListGroupsResponseSchema, page, {
    page: { groups: [expected] },
  });
  for await (const seen of groups.watchGroup({ groupId })) {
    ledger.compare("GroupService.WatchGroup response", outer.WatchGroupResponseSchema, seen, {
      group: expected,
    });
    break;
  }
  for await (const seen of scheduler.watchGroup({ keyId, groupId })) {
    ledger.compare("SchedulerService.WatchGroup response", inner.WatchGroupResponseSchema, seen, {
      group: expected,
    });
    break;
  }
  const http = async (path: string) => (await (await world.http(path)).json()) as JsonObject;
  compare("HTTP GET /v1/groups/{id}", fromJson(GroupSchema, await http(`/v1/groups/${groupId}`)));
  const byHttp = fromJson(outer.ListGroupsResponseSchema, await http(`/v1/groups?queue=${queue}`));
  ledger.compare("HTTP GET /v1/groups", outer.ListGroupsResponseSchema, byHttp, {
    groups: [expected],
  });
  compare("HTTP GET /v1/groups/{id}/events", await firstEvent(world, groupId));
  compare("client group", groupOfClient(await millrace.group(groupId).get()));
  for await (const one of millrace.listGroups({ queue }))
    compare("client group", groupOfClient(one));
  for (const args of [
    ["get", groupId],
    ["list", "--queue", queue],
  ]) {
    const [line] = await Array.fromAsync(world.cliLines("groups", ...args));
    compare("millrace groups get", groupOfClient(line as object));
  }
}

async function firstEvent(world: World, groupId: string): Promise<Group> {
  const left = new AbortController();
  const { body } = await world.http(`/v1/groups/${groupId}/events`, { signal: left.signal });
  let text = "";
  try {
    for await (const piece of body?.pipeThrough(new TextDecoderStream()) ?? []) {
      text += piece;
      const data = /^data: (.*)\n\n/m.exec(text)?.[1];
      if (data !== undefined) return fromJson(GroupSchema, JSON.parse(data) as JsonObject);
    }
  } finally {
    left.abort();
  }
  throw new Error("the events ended without a group");
}

/** Closes the group, cancels it, and reads it again when it has finished. */
async function endEverywhere(world: World, queue: string, groupId: string, closed: Expected) {
  const { ledger, groups, scheduler, millrace, keyId } = world;
  const byGateway = await groups.closeGroup({ groupId });
  ledger.compare("GroupService.CloseGroup response", outer.CloseGroupResponseSchema, byGateway, {
    group: closed,
  });
  const again = await scheduler.closeGroup({ keyId, groupId });
  ledger.compare("SchedulerService.CloseGroup response", inner.CloseGroupResponseSchema, again, {
    group: closed,
  });
  const post = await world.http(`/v1/groups/${groupId}:close`, { method: "POST" });
  const byPost = fromJson(GroupSchema, (await post.json()) as JsonObject);
  ledger.compare("HTTP POST /v1/groups/{id}:close", GroupSchema, byPost, closed);
  ledger.prove("GroupService.CloseGroup request", "group_id");
  ledger.prove("SchedulerService.CloseGroup request", "group_id", "key_id");

  const reason = `reason of ${groupId}`;
  await groups.cancelGroup({ groupId, reason });
  const ended = await groups.getGroup({ groupId, wait: durationFromMs(60_000) });
  expect(ended.group).toMatchObject({ state: GroupState.CANCELLED, cancelReason: reason });
  ledger.prove("GroupService.CancelGroup request", "group_id", "reason");
  ledger.prove("GroupService.GetGroup request", "group_id", "wait");
  const { progress } = closed as { progress: { total: number; cancelled: number } };
  const expected: Expected = {
    ...{ ...closed, state: GroupState.CANCELLED, cancelReason: reason, finishTime: lately },
    progress: { ...progress, cancelled: 2, inFlight: 0 },
  };
  await readEverywhere(world, queue, expected);
  const cancelled = await groups.cancelGroup({ groupId, reason: "another" });
  ledger.compare("GroupService.CancelGroup response", outer.CancelGroupResponseSchema, cancelled, {
    group: expected,
  });
  const innerCancelled = await scheduler.cancelGroup({ keyId, cancel: { groupId } });
  ledger.compare(
    "SchedulerService.CancelGroup response",
    inner.CancelGroupResponseSchema,
    innerCancelled,
    { group: expected },
  );
  const deleted = await world.http(`/v1/groups/${groupId}`, { method: "DELETE" });
  const byDelete = fromJson(GroupSchema, (await deleted.json()) as JsonObject);
  ledger.compare("HTTP DELETE /v1/groups/{id}", GroupSchema, byDelete, expected);
  const done = groupOfClient(await millrace.group(groupId).done());
  ledger.compare("client group", GroupSchema, done, expected);
  const lines = await Array.fromAsync(world.cliLines("groups", "watch", groupId));
  ledger.compare(
    "millrace groups get",
    GroupSchema,
    groupOfClient(lines.at(-1) as object),
    expected,
  );
  for (const way of ["GetGroup", "WatchGroup"]) {
    ledger.prove(`SchedulerService.${way} request`, "key_id", "group_id");
  }
  ledger.prove("GroupService.WatchGroup request", "group_id");
}
