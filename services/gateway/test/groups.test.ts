import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { GroupSpecSchema, GroupState } from "@millrace/proto/group";
import { fromRpcStatus } from "@millrace/runtime";
import { expect, test } from "vitest";
import { checkGroup } from "../src/grouping/check-group.ts";
import { job, startGateway } from "./gateway-setup.ts";

const { queue, type } = job;
const reasonOf = (result: { readonly case: string | undefined; readonly value?: unknown }) =>
  result.case === "error" ? fromRpcStatus(result.value as never).reason : result.case;

test("creates a group with a finalizer, submits its children and closes it", async () => {
  const { ours, double } = await startGateway();
  const { group, results } = await ours.groups.createGroup({
    group: { queue, priority: 7, finalizer: { type: "join" } },
    jobs: [{ type }, { type, queue, priority: 3 }],
    close: true,
  });
  expect(results.map(({ result }) => result.case)).toEqual(["jobId", "jobId"]);
  expect(group).toMatchObject({ state: GroupState.RUNNING, progress: { total: 2 } });
  expect(group?.id).toMatch(/^documents~ours~/);
  const [created] = double.grouped.created;
  expect(created?.spec?.finalizer).toBeUndefined();
  expect(created?.finalizer?.spec).toMatchObject({ queue, type: "join", priority: 7 });
  expect(group?.finalizerJobId).toBe(created?.finalizer?.id);
  const children = double.submitted.map(({ spec }) => spec);
  expect(children).toMatchObject([
    { queue, groupId: group?.id, priority: 7 },
    { queue, groupId: group?.id, priority: 3 },
  ]);
});

test("leaves a group open if a child is refused, and submits the others", async () => {
  const { ours, double } = await startGateway();
  const elsewhere = "documents~ours~01JDXW5T5Q6M3C9N2V8K4H7R1B";
  const { group, results } = await ours.groups.createGroup({
    group: { queue },
    jobs: [
      { type },
      { type: "!" },
      { type, queue: "other" },
      { type, groupId: elsewhere },
      { type },
    ],
    close: true,
  });
  const [ok, ...refused] = results.map(({ result }) => reasonOf(result));
  expect([ok, ...refused]).toEqual(["jobId", "MALFORMED", "MALFORMED", "MALFORMED", "jobId"]);
  expect(group).toMatchObject({ state: GroupState.OPEN, progress: { total: 2 } });
  expect(double.submitted).toHaveLength(2);
});

test.each([
  ["run_at", { runAt: { seconds: 1n } }],
  ["idempotency_key", { idempotencyKey: "a" }],
  ["deduplication", { deduplication: { key: "a" } }],
  ["group_id", { groupId: "documents~ours~01JDXW5T5Q6M3C9N2V8K4H7R1B" }],
  ["queue", { queue: "other" }],
])("refuses a finalizer with %s, and creates no group", async (field, change) => {
  const { ours, double } = await startGateway();
  const call = ours.groups.createGroup({ group: { queue, finalizer: { type, ...change } } });
  await expect(call).rejects.toMatchObject({
    ...{ reason: "MALFORMED", violations: [{ field: `group.finalizer.${field}` }] },
  });
  expect(double.grouped.created).toEqual([]);
});

test("refuses a finalizer that breaks the rules of jobs, and a deadline too far ahead", async () => {
  const { ours, double } = await startGateway();
  const create = (group: object) => ours.groups.createGroup({ group: { queue, ...group } });
  const malformed = { reason: "MALFORMED" };
  await expect(create({ finalizer: { type: "!" } })).rejects.toMatchObject(malformed);
  await expect(create({ queue: "NO" })).rejects.toMatchObject(malformed);
  const now = Date.now() / 1_000;
  const deadline = (days: number) => ({
    seconds: BigInt(Math.floor(now + days * 86_400)),
    nanos: 0,
  });
  await expect(create({ deadline: deadline(31.1) })).rejects.toMatchObject(malformed);
  expect(double.grouped.created).toEqual([]);
  await create({ deadline: deadline(30.9) });
});

test("refuses a deadline in the past, and creates no group", async () => {
  const { ours, double } = await startGateway();
  const seconds = BigInt(Math.floor(Date.now() / 1_000) - 1);
  const call = ours.groups.createGroup({ group: { queue, deadline: { seconds, nanos: 0 } } });
  await expect(call).rejects.toMatchObject({
    reason: "MALFORMED",
    violations: [{ field: "group.deadline", description: "must not be in the past" }],
  });
  expect(double.grouped.created).toEqual([]);
});

test("accepts a deadline that is now, and none a millisecond before", () => {
  const nowMs = Date.parse("2027-01-31T08:00:00Z");
  const check = (deadlineMs: number) =>
    checkGroup(create(GroupSpecSchema, { queue, deadline: timestampFromMs(deadlineMs) }), nowMs);
  expect(() => check(nowMs)).not.toThrow();
  expect(() => check(nowMs - 1)).toThrow("group.deadline: must not be in the past");
});

test("gives a job that joins later its group's priority, and reads a group once", async () => {
  const { ours, theirs, double } = await startGateway();
  const { group } = await ours.groups.createGroup({ group: { queue, priority: 9 } });
  const groupId = group?.id ?? "";
  await ours.jobs.submitJob({ job: { ...job, groupId } });
  await ours.jobs.submitJob({ job: { ...job, groupId, priority: 4 } });
  expect(double.submitted.map(({ spec }) => spec?.priority)).toEqual([9, 4]);
  expect(double.asked).not.toContain("getGroup");
  const notFound = { reason: "GROUP_NOT_FOUND" };
  await expect(theirs.jobs.submitJob({ job: { ...job, groupId } })).rejects.toMatchObject(notFound);
  const unknown = groupId.replace(/.$/, (last) => (last === "0" ? "1" : "0"));
  await expect(ours.jobs.submitJob({ job: { ...job, groupId: unknown } })).rejects.toMatchObject(
    notFound,
  );
  await expect(
    ours.jobs.submitJob({ job: { ...job, queue: "other", groupId } }),
  ).rejects.toMatchObject({ reason: "MALFORMED", violations: [{ field: "group_id" }] });
  expect(double.submitted).toHaveLength(2);
});

test("does not find another key's group, and does not ask the scheduler", async () => {
  const { ours, theirs, double } = await startGateway();
  const groupId = (await ours.groups.createGroup({ group: { queue } })).group?.id ?? "";
  const { groups } = theirs;
  const calls = [
    groups.getGroup({ groupId }),
    groups.closeGroup({ groupId }),
    groups.cancelGroup({ groupId }),
    groups.listGroupChildren({ groupId }),
    groups.watchGroup({ groupId })[Symbol.asyncIterator]().next(),
  ];
  for (const call of calls) await expect(call).rejects.toMatchObject({ reason: "GROUP_NOT_FOUND" });
  expect(double.asked).not.toContain("getGroup");
});

test("watches a group across broken streams, and sends nothing twice", async () => {
  const { ours, double } = await startGateway();
  const groupId = (await ours.groups.createGroup({ group: { queue } })).group?.id ?? "";
  double.grouped.brokenWatches = 2;
  const states: unknown[] = [];
  for await (const { group } of ours.groups.watchGroup({ groupId })) {
    states.push(group?.state);
    double.grouped.finish(groupId);
  }
  expect(states).toEqual([GroupState.OPEN, GroupState.SUCCEEDED]);
});

test("waits for a group to finish, and returns it", async () => {
  const { ours, double } = await startGateway();
  const groupId = (await ours.groups.createGroup({ group: { queue } })).group?.id ?? "";
  const read = await ours.groups.getGroup({ groupId });
  expect(read.group?.state).toBe(GroupState.OPEN);
  const waited = ours.groups.getGroup({ groupId, wait: { seconds: 60n } });
  double.grouped.finish(groupId);
  expect((await waited).group?.state).toBe(GroupState.SUCCEEDED);
});

test("lists, closes and cancels groups, and lists children", async () => {
  const { ours } = await startGateway();
  const groupId = (await ours.groups.createGroup({ group: { queue } })).group?.id ?? "";
  const { groups } = ours;
  expect((await groups.listGroups({ queue })).groups).toMatchObject([{ id: groupId }]);
  const page = await groups.listGroupChildren({ groupId, afterIndex: 4 });
  expect(page).toMatchObject({ children: [{ index: 5 }], more: true });
  expect((await groups.closeGroup({ groupId })).group?.state).toBe(GroupState.RUNNING);
  expect((await groups.cancelGroup({ groupId })).group?.state).toBe(GroupState.CANCELLED);
});

test("counts a new group's jobs as submissions of its key", async () => {
  const { ours, double } = await startGateway(undefined, { submissionsPerKey: 1 });
  const answered = Promise.withResolvers<void>();
  const arrived = double.holdSubmits(answered.promise);
  const first = ours.groups.createGroup({ group: { queue }, jobs: [{ type }] });
  await arrived;
  await expect(ours.groups.createGroup({ group: { queue } })).rejects.toMatchObject({
    reason: "TOO_MANY_SUBMISSIONS",
  });
  answered.resolve();
  expect((await first).results).toHaveLength(1);
  expect(double.grouped.created).toHaveLength(1);
});
