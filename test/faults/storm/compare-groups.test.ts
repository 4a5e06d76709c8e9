/** Tests the checker of groups: it must find each kind of fault. */
import type { Group, GroupChild, Job } from "@millrace/client";
import { seededRandom } from "@millrace/testing";
import { expect, test } from "vitest";
import { compareLine, type StoredGroup, wrongGroup } from "./compare-groups.ts";
import { FAN_OUT_TYPE, fanOutText, fanOutWork, wrongFanOut } from "./fan-outs.ts";
import { CALL_LABEL } from "./group-callers.ts";
import { GroupLedger } from "./group-ledger.ts";
import { REPORT_TYPE, type StormGroup, stormGroup, tooEarly } from "./groups.ts";
import { Ledger } from "./ledger.ts";
import { piece } from "./work.ts";

const PID = 99;
const id = "storm~key~group";

/** A child that has succeeded. */
const child = (n: number, change: Partial<Job> = {}): Job =>
  ({
    ...{ id: `child-${n}`, queue: "storm", type: "work", state: "SUCCEEDED", groupId: id },
    ...{ attempt: 1, stalls: 0, outputOffset: 1, childGroupIds: [] },
    payload: { n, pieces: 1, pauseMs: 0, failures: 0, fatal: false },
    result: { text: piece(n, 1, PID, 0) },
    ...change,
  }) as Job;

const listOf = (children: readonly Job[]): GroupChild[] =>
  children.map(({ id: jobId, state, result }, i) => ({
    ...{ index: i + 1, jobId, state, result, resultOmitted: false },
  }));

const progress = (total: number) => ({
  ...{ total, succeeded: total, failed: 0, cancelled: 0, expired: 0, removed: 0, inFlight: 0 },
});
const group = (change: Partial<Group> = {}): Group =>
  ({ id, state: "SUCCEEDED", rule: "all", progress: progress(2), ...change }) as Group;

const finalizer = (children: readonly Job[], change: Partial<Job> = {}): Job =>
  child(0, {
    ...{ id: "finalizer", type: REPORT_TYPE },
    result: { text: "0", groupId: id, given: listOf(children) },
    ...change,
  });

const children = [child(1), child(2)];
const sound: StoredGroup = {
  ...{ group: group(), children, listed: listOf(children) },
  ...{ finalizer: finalizer(children), cancelled: false },
};
const failed = { reason: "CHILDREN_FAILED", message: "", retryable: false };

test("a group whose parts agree has no faults", () => {
  expect(wrongGroup(sound)).toEqual([]);
});

test.each<[what: string, change: Partial<StoredGroup>]>([
  ["it is RUNNING", { group: group({ state: "RUNNING" }) }],
  ["it counts", { group: group({ progress: progress(1) }) }],
  ["it counts", { group: group({ progress: { ...progress(2), inFlight: 1 } }) }],
  ["its list leaves out child-2", { listed: listOf(children.slice(0, 1)) }],
  ["its list has the indexes 2", { listed: listOf(children).slice(1) }],
  ["named before", { listed: listOf([child(1), child(1)]) }],
  [
    "its list names child-2 as RUNNING",
    { listed: listOf([child(1), child(2, { state: "RUNNING" })]) },
  ],
  ["it is FAILED: 2 children have succeeded", { group: group({ state: "FAILED" }) }],
  ["nobody cancelled it", { group: group({ state: "CANCELLED" }) }],
  ["its finalizer finalizer is FAILED", { finalizer: finalizer(children, { state: "FAILED" }) }],
  ["it is FAILED, but its finalizer", { group: group({ state: "FAILED" }) }],
  ["2 attempts of its finalizer", { finalizer: finalizer(children, { attempt: 2 }) }],
  ["leaves out child-2", { finalizer: finalizer(children.slice(0, 1)) }],
  ["named before", { finalizer: finalizer([child(1), child(1), child(2)]) }],
  ["names child-2 as SUCCEEDED", { finalizer: finalizer([child(1), child(2, { result: 3 })]) }],
  ["as QUEUED", { finalizer: finalizer([child(1), child(2, { state: "QUEUED" })]) }],
  [
    "child-2: attempt 1 with the result",
    { children: [child(1), child(2, { result: { text: "" } })] },
  ],
  ["nobody cancelled them", { children: [child(1), child(2, { state: "CANCELLED" })] }],
])("the checker finds: %s (%#)", (what, change) => {
  expect(wrongGroup({ ...sound, ...change }).join("\n")).toContain(what);
});

test("the finalizer of a group that has not succeeded must never have run", () => {
  const fatal = child(2, { state: "FAILED", failure: { ...failed, reason: "FATAL" } });
  const stored = [child(1), { ...fatal, payload: { ...(fatal.payload as object), fatal: true } }];
  const counts = { ...progress(2), succeeded: 1, failed: 1 };
  const [, second] = listOf(stored);
  const listed = [...listOf([child(1)]), { ...(second as GroupChild), failure: failed }];
  const given = (failure: typeof failed) =>
    listed.map((one) => (one.index === 2 ? { ...one, result: stored[1]?.result, failure } : one));
  const never = { state: "FAILED", attempt: 0, outputOffset: 0, failure: failed } as const;
  const parts = {
    ...{ ...sound, children: stored, listed: given({ ...failed, reason: "FATAL" }) },
    group: group({ state: "FAILED", progress: counts }),
  };
  expect(wrongGroup({ ...parts, finalizer: finalizer([], never) })).toEqual([]);
  const ran = finalizer([], { ...never, attempt: 1 });
  expect(wrongGroup({ ...parts, finalizer: ran })).toHaveLength(1);
});

test("a parent that was told of other children, or of other results, is wrong", () => {
  const payload = { n: 7, fanOuts: [{ rule: "all" as const, parts: children.map(partOf) }] };
  const given = (of: readonly Job[]) => ({ groupId: id, met: true, given: listOf(of) });
  const parent = (of: readonly Job[], change: Partial<Job> = {}) =>
    child(7, {
      ...{ type: FAN_OUT_TYPE, payload, childGroupIds: [id] },
      result: { text: fanOutText(7, 1, PID), fanOuts: [given(of)] },
      ...change,
    });
  const { finalizer: _, ...parts } = sound;
  const wrong = (one: Job) => wrongGroup({ ...parts, parent: one }).join();
  expect(wrong(parent(children))).toBe("");
  expect(wrongFanOut(payload, parent(children))).toBeUndefined();
  expect(wrong(parent([child(1), child(2, { result: 3 })]))).toContain("as SUCCEEDED");
  expect(wrong(parent([child(1)]))).toContain("leaves out child-2");
  expect(wrong(parent([child(1), child(3)]))).toContain("names child-3");
  expect(wrongFanOut(payload, parent([child(1)]))).toContain("has 2 children, but gave 1");
  expect(wrongFanOut(payload, parent(children, { attempt: 2 }))).toContain("2 attempts");
  expect(wrongFanOut(payload, parent(children, { childGroupIds: [] }))).toContain("its groups");
  expect(wrong(parent(children, { childGroupIds: [] }))).toContain("it is no fan-out");
  const swapped = {
    ...payload,
    fanOuts: [{ rule: "all", parts: [2, 1].map((n) => partOf(child(n))) }],
  };
  expect(wrong(parent(children, { payload: swapped }))).toContain("child 1 of the fan-out is 1");
});

const partOf = ({ payload }: Job) => ({ type: "work", payload: payload as never });

test("a finalizer may run when its rule is met, and not before", () => {
  const read = (...states: string[]) => states.map((state) => ({ state }));
  const early = (rule: Parameters<typeof tooEarly>[0]["rule"], ...states: string[]) =>
    tooEarly({ n: 1, rule, children: 3 }, read(...states)) !== undefined;
  expect(early("all", "SUCCEEDED", "SUCCEEDED", "SUCCEEDED")).toBe(false);
  expect(early("all", "SUCCEEDED", "SUCCEEDED")).toBe(true);
  expect(early("all", "SUCCEEDED", "SUCCEEDED", "RUNNING")).toBe(true);
  expect(early("any", "SUCCEEDED", "RUNNING")).toBe(false);
  expect(early("any", "FAILED", "RUNNING")).toBe(true);
  expect(early({ atLeastPercent: 60 }, "SUCCEEDED", "SUCCEEDED", "FAILED")).toBe(false);
  expect(early({ atLeastPercent: 60 }, "SUCCEEDED", "SUCCEEDED", "QUEUED")).toBe(true);
  expect(early({ atLeastPercent: 70 }, "SUCCEEDED", "SUCCEEDED", "FAILED")).toBe(true);
});

test("storms draw groups of every rule, and fan-outs that are nested, repeated and failing", () => {
  const groups = Array.from({ length: 20_000 }, (_, n) => stormGroup(1, n)).filter((one) => one);
  expect(groups.length).toBeGreaterThan(200);
  expect(new Set(groups.map((one) => JSON.stringify(one?.group.rule))).size).toBe(4);
  for (const has of [
    groups.filter((one) => one?.cancelMs !== undefined),
    groups.filter((one) => one?.later.length),
    groups.filter((one) => one?.group.finalizer),
    groups.filter((one) => one?.group.maxInFlight),
  ]) {
    expect(has.length).toBeGreaterThan(10);
    expect(has.length).toBeLessThan(groups.length);
  }
  const random = seededRandom(1);
  const works = Array.from({ length: 300 }, (_, n) => fanOutWork(random, n));
  const parts = works.flatMap(({ fanOuts }) => fanOuts.flatMap((one) => one.parts));
  expect(works.some(({ fanOuts }) => fanOuts.length === 2)).toBe(true);
  expect(parts.some(({ type }) => type === FAN_OUT_TYPE)).toBe(true);
  expect(parts.some(({ payload }) => "fatal" in payload && payload.fatal)).toBe(true);
});

test("a group must be the one that its caller knows, or the only one of a call without an answer", () => {
  const compare = (change: Partial<Group>, members = ["a"]) => {
    const ledger = new Ledger();
    const groups = new GroupLedger(ledger);
    const storm = Array.from({ length: 500 }, (_, n) => stormGroup(1, n)).find((one) => one);
    groups.acknowledge(id, storm as StormGroup);
    groups.acknowledgeChild(id, 1, "a");
    groups.lost.add("7.1");
    groups.end(group());
    const one = group({ labels: { [CALL_LABEL]: "7.2" }, ...change });
    const isUnused = compareLine(one, members, new Set(["7.3"]), { ledger, groups });
    return [isUnused, ledger.wrong.join()];
  };
  const labels = (call: string) => ({ [CALL_LABEL]: call });
  expect(compare({})).toEqual([false, ""]);
  expect(compare({ id: "other", labels: labels("7.1") })).toEqual([true, ""]);
  expect(compare({ id: "other", parentJobId: "b", labels: {} })).toEqual([false, ""]);
  for (const [what, change, members] of [
    ["never acknowledged", { id: "other" }],
    ["created another one too", { labels: labels("7.3") }],
    ["was reported as SUCCEEDED", { state: "FAILED" }],
    ["callers added a, but it has a,b", {}, ["a", "b"]],
  ] as const) {
    expect(compare(change, members && [...members])[1]).toContain(what);
  }
});
