import { create } from "@bufbuild/protobuf";
import type { Engine, GroupRecord } from "@millrace/engine";
import { GroupState } from "@millrace/proto/group";
import { JobState } from "@millrace/proto/job";
import {
  CancelGroupRequestSchema,
  CloseGroupRequestSchema,
  CreateGroupRequestSchema,
  ListGroupChildrenRequestSchema,
} from "@millrace/proto/scheduler-service";
import type { GroupId, JobId } from "@millrace/shared";
import { ManualClock } from "@millrace/testing";
import { expect, test, vi } from "vitest";
import { cancelGroup } from "./cancel-group.ts";
import { closeGroup } from "./close-group.ts";
import { createGroup } from "./create-group.ts";
import { listGroupChildren } from "./list-group-children.ts";

const keyId = "k7f3q2m9";
const id = `documents~${keyId}~01JDXW5T5Q6M3C9N2V8K4H7R1B` as GroupId;
const jobId = (last: string) => `documents~${keyId}~01JDXW5T5Q6M3C9N2V8K4H7R1${last}` as JobId;
const group: GroupRecord = {
  ...{ id, state: "RUNNING", rule: "all", maxInFlight: 0, keepSiblings: false, total: 0 },
  ...{ succeeded: 0, failed: 0, cancelled: 0, expired: 0, removed: 0, inFlight: 0 },
  createdAtMs: 5_000,
};
const { signal } = new AbortController();
const context = {
  ...{ headers: { get: () => undefined }, peer: "", path: "", identity: undefined },
  ...{ signal, leaving: signal, draining: signal, concerns: () => undefined },
};

function setup(admits = true) {
  const created = vi.fn<Engine["createGroup"]>(async () => ({ kind: "created", group }));
  const observer = { submitted: vi.fn(), shed: vi.fn(), groupCreated: vi.fn() };
  const engine = { createGroup: created, recentQueue: async () => undefined };
  const handler = createGroup(
    ...([engine, observer, new ManualClock(), { admits: () => admits }] as const),
    { isSetUp: true, urlProblem: () => undefined },
  );
  const call = (change: object = {}) =>
    handler(
      create(CreateGroupRequestSchema, { groupId: id, spec: { queue: "documents" }, ...change }),
      context,
    );
  const finalizer = { id: jobId("C"), spec: { queue: "documents", type: "join" } };
  return { created, observer, call, finalizer };
}

test("creates a group with its finalizer, and counts both", async () => {
  const { created, observer, call, finalizer } = setup();
  expect(await call({ finalizer })).toMatchObject({ group: { id } });
  expect(created).toHaveBeenCalledExactlyOnceWith(
    expect.objectContaining({
      id,
      finalizer: expect.objectContaining({ id: finalizer.id, type: "join" }),
    }),
  );
  expect(observer.groupCreated).toHaveBeenCalledExactlyOnceWith(id);
  expect(observer.submitted).toHaveBeenCalledExactlyOnceWith(finalizer.id, "join");
});

test("refuses a group for the reason for which its finalizer is refused", async () => {
  const { created, observer, call, finalizer } = setup();
  created.mockResolvedValue({ kind: "refused", outcome: { kind: "unknownType" } });
  await expect(call({ finalizer })).rejects.toMatchObject({ reason: "UNKNOWN_JOB_TYPE" });
  created.mockResolvedValue({ kind: "refused", outcome: { kind: "unknownQueue" } });
  await expect(call()).rejects.toMatchObject({ reason: "QUEUE_NOT_FOUND" });
  expect(observer.groupCreated).not.toHaveBeenCalled();
});

test("refuses a group when the store has little memory left, and ids of another queue", async () => {
  const full = setup(false);
  await expect(full.call()).rejects.toMatchObject({ reason: "STORE_FULL" });
  expect(full.created).not.toHaveBeenCalled();
  expect(full.observer.shed).toHaveBeenCalledOnce();
  const { call, finalizer } = setup();
  const other = { queue: "other", type: "join" };
  await expect(call({ spec: other })).rejects.toMatchObject({ reason: "MALFORMED" });
  await expect(call({ finalizer: { ...finalizer, spec: other } })).rejects.toMatchObject({
    reason: "MALFORMED",
  });
});

test("cancels a group twice, but not one that has finished otherwise", async () => {
  const cancel = (outcome: Awaited<ReturnType<Engine["cancelGroup"]>>, key = keyId) =>
    cancelGroup({ cancelGroup: async () => outcome })(
      create(CancelGroupRequestSchema, { keyId: key, cancel: { groupId: id } }),
      context,
    );
  const cancelled: GroupRecord = { ...group, state: "CANCELLED" };
  expect(await cancel({ kind: "done", group: cancelled })).toMatchObject({ group: { id } });
  expect(await cancel({ kind: "alreadyFinal", group: cancelled })).toMatchObject({ group: { id } });
  await expect(
    cancel({ kind: "alreadyFinal", group: { ...group, state: "FAILED" } }),
  ).rejects.toMatchObject({ reason: "ILLEGAL_TRANSITION", metadata: { state: "FAILED" } });
  await expect(cancel({ kind: "notFound" })).rejects.toMatchObject({ reason: "GROUP_NOT_FOUND" });
  await expect(cancel({ kind: "done", group: cancelled }, "other123")).rejects.toMatchObject({
    reason: "GROUP_NOT_FOUND",
  });
});

test("closes a group, and returns one that has finished as it is", async () => {
  const close = (outcome: Awaited<ReturnType<Engine["closeGroup"]>>) =>
    closeGroup({ closeGroup: async () => outcome })(
      create(CloseGroupRequestSchema, { keyId, groupId: id }),
      context,
    );
  expect(await close({ kind: "done", group })).toMatchObject({ group: { id } });
  expect(await close({ kind: "alreadyFinal", group: { ...group, state: "FAILED" } })).toMatchObject(
    { group: { id, state: GroupState.FAILED } },
  );
  await expect(close({ kind: "notFound" })).rejects.toMatchObject({ reason: "GROUP_NOT_FOUND" });
});

test("lists the states of children that have not ended, as their jobs have them", async () => {
  const children = [
    { index: 1, jobId: jobId("C"), state: "SUCCEEDED", resultJson: "7" },
    { index: 2, jobId: jobId("D"), state: "UNFINISHED" },
    { index: 3, jobId: jobId("E"), state: "UNFINISHED" },
  ] as const;
  const getJobs = vi.fn(async () => [
    { id: jobId("D"), state: "SCHEDULED" },
    // It has ended since the group was read.
    { id: jobId("E"), state: "SUCCEEDED" },
  ]);
  const list = vi.fn(async () => ({ group, children, more: true }));
  const engine = { listGroupChildren: list, getJobs } as unknown as Engine;
  const request = create(ListGroupChildrenRequestSchema, {
    keyId,
    filter: { groupId: id, afterIndex: 4 },
  });
  expect(await listGroupChildren(engine)(request, context)).toMatchObject({
    page: {
      children: [
        { state: JobState.SUCCEEDED, resultJson: "7" },
        { state: JobState.SCHEDULED },
        { state: JobState.RUNNING, resultOmitted: false },
      ],
      more: true,
    },
  });
  expect(list).toHaveBeenCalledExactlyOnceWith(id, 4, 100);
  expect(getJobs).toHaveBeenCalledExactlyOnceWith([jobId("D"), jobId("E")], "summary");
});
