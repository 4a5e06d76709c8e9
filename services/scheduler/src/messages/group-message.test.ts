import { create } from "@bufbuild/protobuf";
import type { GroupChild, GroupRecord } from "@millrace/engine";
import {
  GroupChildSchema,
  GroupRuleSchema,
  GroupSchema,
  GroupSpecSchema,
  GroupState,
} from "@millrace/proto/group";
import { JobState } from "@millrace/proto/job";
import { timestampOf } from "@millrace/runtime";
import type { GroupId, JobId } from "@millrace/shared";
import { expect, test } from "vitest";
import { groupChildMessage, groupMessage } from "./group-message.ts";
import { groupSpecOf, ruleOf } from "./group-spec.ts";

const id = "documents~k7f3q2m9~01JDXW5T5Q6M3C9N2V8K4H7R1B" as GroupId;
const jobId = "documents~k7f3q2m9~01JDXW5T5Q6M3C9N2V8K4H7R1C" as JobId;

const record: GroupRecord = {
  ...{ id, state: "OPEN", rule: "all", maxInFlight: 0, keepSiblings: false },
  ...{ total: 9, succeeded: 1, failed: 2, cancelled: 3, expired: 1, removed: 1, inFlight: 1 },
  createdAtMs: 5_000,
};

test("returns the labels and the priority with which a group was created", () => {
  const spec = create(GroupSpecSchema, { labels: { team: "a" }, priority: 7 });
  const { details } = groupSpecOf(id, spec, 1_000, undefined);
  const carried = details === undefined ? {} : { details };
  expect(groupMessage({ ...record, ...carried })).toMatchObject({
    labels: { team: "a" },
    priority: 7,
  });
  expect(groupSpecOf(id, create(GroupSpecSchema), 1_000, undefined)).not.toHaveProperty("details");
  expect(groupMessage(record)).not.toHaveProperty("priority");
});

test.each([
  ["any", { rule: { case: "any", value: true } }],
  [60, { rule: { case: "atLeastPercent", value: 60 } }],
  ["all", undefined],
] as const)("reads the rule %s and writes it again", (rule, message) => {
  const read = ruleOf(message === undefined ? undefined : create(GroupRuleSchema, message));
  expect(read).toBe(rule);
  const written = create(GroupSchema, groupMessage({ ...record, rule: read }));
  expect(written.rule?.rule).toEqual(message?.rule);
});

test("a rule that says no to any is the rule of all", () => {
  const message = create(GroupRuleSchema, { rule: { case: "any", value: false } });
  expect(ruleOf(message)).toBe("all");
});

test("gives a group a week, or as long as its caller says", () => {
  const deadlineMs = (spec: Parameters<typeof create<typeof GroupSpecSchema>>[1]) =>
    groupSpecOf(id, create(GroupSpecSchema, spec), 1_000, undefined).deadlineMs;
  expect(deadlineMs({})).toBe(1_000 + 7 * 24 * 3_600_000);
  expect(deadlineMs({ deadline: timestampOf(9_000) })).toBe(9_000);
});

test("shows the job that made a group by a fan-out, and children that were removed", () => {
  const message = groupMessage({ ...record, parentId: jobId });
  expect(message).toMatchObject({ parentJobId: jobId, progress: { removed: 1 } });
});

test("never shows a group that finished before it was created", () => {
  const message = groupMessage({ ...record, state: "SUCCEEDED", finishedAtMs: 4_990 });
  expect(message).toMatchObject({
    ...{ state: GroupState.SUCCEEDED, finishTime: timestampOf(5_000) },
    progress: { total: 9, succeeded: 1, failed: 2, cancelled: 3, expired: 1, removed: 1 },
  });
});

test("shows what a child gave, and says that a long result is left out", () => {
  const child = (change: Partial<GroupChild>) =>
    create(
      GroupChildSchema,
      groupChildMessage({ index: 1, jobId, state: "SUCCEEDED", ...change }, JobState.QUEUED),
    );
  expect(child({ resultJson: "7" })).toMatchObject({ resultJson: "7", resultOmitted: false });
  expect(child({})).toMatchObject({ state: JobState.SUCCEEDED, resultOmitted: true });
  expect(child({ state: "REMOVED" })).toMatchObject({
    state: JobState.UNSPECIFIED,
    resultOmitted: false,
  });
  expect(child({ state: "UNFINISHED" }).state).toBe(JobState.QUEUED);
});
