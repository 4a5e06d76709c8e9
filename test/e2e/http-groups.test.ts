import type { LocalSystem } from "@millrace/local";
import { afterAll, beforeAll, expect, test } from "vitest";
import { httpCaller, startHttpSystem } from "./http-system.ts";

let system: LocalSystem;
beforeAll(async () => {
  system = await startHttpSystem();
});
afterAll(() => system[Symbol.asyncDispose]());

interface Group {
  readonly id: string;
  readonly state: string;
  readonly progress: { readonly total: number; readonly succeeded: number };
  readonly finalizerJobId: string;
}

const setup = async () => {
  const caller = await httpCaller(system);
  const post = (path: string, body?: object) =>
    caller.call(path, {
      method: "POST",
      ...(body === undefined
        ? {}
        : { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
    });
  const createGroup = (group: object = {}, rest: object = {}) =>
    post("/v1/groups", { group: { queue: caller.queue, ...group }, ...rest });
  const newGroup = async (group: object = {}, rest: object = {}) => {
    const { group: created } = (await (await createGroup(group, rest)).json()) as { group: Group };
    return created;
  };
  return { ...caller, post, createGroup, newGroup };
};
const held = { type: "held" };

test("a group's children run, and then its finalizer, and each shows what it gave", async () => {
  const { createGroup, call, startWorker } = await setup();
  const created = await createGroup(
    { finalizer: { ...held, payload: { join: true } }, labels: { team: "x" }, priority: 7 },
    {
      jobs: [
        { ...held, payload: { n: 1 } },
        { ...held, priority: 3 },
      ],
      close: true,
    },
  );
  expect([created.status, created.headers.get("retry-after")]).toEqual([202, null]);
  const { group, results } = (await created.json()) as { group: Group; results: object[] };
  expect(created.headers.get("location")).toBe(`/v1/groups/${group.id}`);
  expect(group).toMatchObject({
    ...{ state: "GROUP_STATE_RUNNING", labels: { team: "x" }, priority: 7 },
    progress: { total: 2, succeeded: 0, inFlight: 2 },
  });
  expect(results).toMatchObject([{ existing: false }, { existing: false }]);
  const finalizer = await call(`/v1/jobs/${group.finalizerJobId}`);
  expect(await finalizer.json()).toMatchObject({
    ...{ state: "JOB_STATE_WAITING", childGroupIds: [group.id], priority: 7 },
  });
  const { next } = startWorker();
  (await next()).finish({ is: "urgent" });
  const second = await next();
  expect(second.payload).toEqual({ n: 1 });
  second.finish(2);
  const last = await next();
  expect(last.jobId).toBe(group.finalizerJobId);
  last.finish("joined");
  const finished = await call(`/v1/groups/${group.id}?wait=60`);
  expect([finished.status, finished.headers.get("retry-after")]).toEqual([200, null]);
  expect(await finished.json()).toMatchObject({
    ...{ state: "GROUP_STATE_SUCCEEDED", progress: { total: 2, succeeded: 2, inFlight: 0 } },
  });
  const children = await call(`/v1/groups/${group.id}/children`);
  expect(await children.json()).toMatchObject({
    children: [
      { index: 1, state: "JOB_STATE_SUCCEEDED", result: 2 },
      { index: 2, state: "JOB_STATE_SUCCEEDED", result: { is: "urgent" } },
    ],
    more: false,
  });
  const rest = await call(`/v1/groups/${group.id}/children?afterIndex=1&pageSize=1`);
  expect(await rest.json()).toMatchObject({ children: [{ index: 2 }], more: false });
});

test("jobs join an open group by group_id until it is closed, and a refused child is a problem", async () => {
  const { createGroup, postJob, post, call } = await setup();
  const reply = await createGroup({}, { jobs: [held, { type: "!" }], close: true });
  const { group, results } = (await reply.json()) as { group: Group; results: object[] };
  expect(group.state).toBe("GROUP_STATE_OPEN");
  expect(results).toMatchObject([
    { jobId: expect.any(String), existing: false },
    { error: { status: 400, reason: "MALFORMED", violations: [{ field: "type" }] } },
  ]);
  const [, refused] = results as { error?: { violations: object[] } }[];
  expect(Object.keys(refused?.error?.violations[0] ?? {})).toEqual(["field", "description"]);
  const joined = await postJob({ groupId: group.id });
  expect(await joined.json()).toMatchObject({ groupId: group.id, state: "JOB_STATE_QUEUED" });
  const closed = await post(`/v1/groups/${group.id}:close`);
  expect([closed.status, await closed.json()]).toMatchObject([
    200,
    { state: "GROUP_STATE_RUNNING", progress: { total: 2 } },
  ]);
  const late = await postJob({ groupId: group.id });
  expect([late.status, await late.json()]).toMatchObject([409, { reason: "GROUP_CLOSED" }]);
  const listed = await call(`/v1/groups?queue=${group.id.split("~")[0]}`);
  expect(await listed.json()).toMatchObject({ groups: [{ id: group.id }], nextPageToken: "" });
});

test.each([
  ["DELETE", ""],
  ["POST", ":cancel"],
])("%s %s cancels a group, its children and its finalizer", async (method, verb) => {
  const { newGroup, call } = await setup();
  const { id, finalizerJobId } = await newGroup({ finalizer: held }, { jobs: [held] });
  const cancelled = await call(`/v1/groups/${id}${verb}?reason=enough`, { method });
  expect([cancelled.status, await cancelled.json()]).toMatchObject([
    202,
    { state: "GROUP_STATE_RUNNING", cancelReason: "enough" },
  ]);
  const ended = await call(`/v1/groups/${id}?wait=60`);
  expect(await ended.json()).toMatchObject({
    state: "GROUP_STATE_CANCELLED",
    progress: { total: 1, cancelled: 1 },
  });
  const finalizer = await call(`/v1/jobs/${finalizerJobId}?wait=60`);
  expect(await finalizer.json()).toMatchObject({ state: "JOB_STATE_CANCELLED" });
  const again = await call(`/v1/groups/${id}${verb}`, { method });
  expect(again.status).toBe(200);
});

test("a group of another key is not found, and no call changes it", async () => {
  const { newGroup, call } = await setup();
  const stranger = await setup();
  const { id } = await newGroup();
  const calls = [
    stranger.call(`/v1/groups/${id}`),
    stranger.call(`/v1/groups/${id}/children`),
    stranger.call(`/v1/groups/${id}/events`),
    stranger.call(`/v1/groups/${id}`, { method: "DELETE" }),
    stranger.post(`/v1/groups/${id}:close`),
    stranger.post(`/v1/groups/${id}:cancel`),
    stranger.postJob({ queue: id.split("~")[0], groupId: id }),
    call(`/v1/groups/${id.slice(0, -1)}`),
  ];
  for (const answer of await Promise.all(calls)) {
    expect([answer.status, await answer.json()]).toMatchObject([
      404,
      { reason: "GROUP_NOT_FOUND" },
    ]);
  }
  expect(await (await call(`/v1/groups/${id}`)).json()).toMatchObject({
    state: "GROUP_STATE_OPEN",
  });
});

test("the events of a group end with its final state", async () => {
  const { newGroup, call, startWorker } = await setup();
  const { id } = await newGroup({}, { jobs: [held], close: true });
  const answer = await call(`/v1/groups/${id}/events`);
  expect(answer.headers.get("content-type")).toBe("text/event-stream");
  const { next } = startWorker();
  (await next()).finish(1);
  const text = await answer.text();
  expect(text).toMatch(/^retry: 1000\nevent: group\ndata: \{/);
  const states = [...text.matchAll(/"state":"GROUP_STATE_(\w+)"/g)].map(([, state]) => state);
  expect(states.at(0)).toBe("RUNNING");
  expect(states.filter((state) => state === "SUCCEEDED")).toHaveLength(1);
  expect(states.at(-1)).toBe("SUCCEEDED");
});

test.each([
  [{ group: { queue: "NO" } }, "group.queue"],
  [{ group: { queue: "a", rule: { atLeastPercent: 101 } } }, "group.rule.at_least_percent"],
  [
    { group: { queue: "a", finalizer: { type: "a", payload: 1, payloadJson: "{}" } } },
    "group.finalizer.payload",
  ],
  [{ group: { queue: "a" }, jobs: [{}, { payload: {}, payloadJson: "{}" }] }, "jobs[1].payload"],
])("refuses the group %j, and names the field", async (body, field) => {
  const { post } = await setup();
  const answer = await post("/v1/groups", body);
  expect([answer.status, await answer.json()]).toMatchObject([
    400,
    { reason: "MALFORMED", violations: [{ field }] },
  ]);
});
