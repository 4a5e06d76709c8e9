import { create } from "@bufbuild/protobuf";
import { SubmitRequestSchema } from "@millrace/proto/scheduler-service";
import { systemClock } from "@millrace/shared";
import { expect, test } from "vitest";
import { submit } from "./submit.ts";

const callbacks = { isSetUp: true, urlProblem: () => undefined };
const never = () => {
  throw new Error("was called");
};

test("stores nothing after the caller has been told that the call failed", async () => {
  const call = new AbortController();
  const engine = {
    recentQueue: async () => {
      call.abort(new Error("the deadline has passed"));
      return undefined;
    },
    submit: never,
    getJobs: never,
  };
  const handler = submit(
    ...([
      engine,
      { submitted: never } as never,
      systemClock,
      { admits: never },
      callbacks,
    ] as const),
  );
  const context = {
    ...{ headers: { get: () => undefined }, peer: "", path: "", identity: undefined },
    ...{ signal: call.signal, leaving: call.signal, draining: call.signal },
    concerns: () => undefined,
  };
  const id = "documents~k7f3q2m9~01JDXW5T5Q6M3C9N2V8K4H7R1B";
  const request = create(SubmitRequestSchema, {
    jobs: [{ id, spec: { queue: "documents", type: "copy" } }],
  });
  await expect(handler(request, context)).rejects.toThrow("the deadline has passed");
});

test("reports each submitted and each refused job once, with its type and reason", async () => {
  const { signal } = new AbortController();
  const reported: unknown[][] = [];
  const note =
    (what: string) =>
    (...args: unknown[]) =>
      reported.push([what, ...args]);
  const handler = submit(
    {
      recentQueue: async () => undefined,
      getJobs: async () => [],
      submit: async () => [{ kind: "accepted" }, { kind: "unknownType" }],
    } as never,
    { submitted: note("submitted"), refused: note("refused"), shed: note("shed") } as never,
    systemClock,
    { admits: () => true },
    callbacks,
  );
  const context = {
    ...{ headers: { get: () => undefined }, peer: "", path: "", identity: undefined },
    ...{ signal, leaving: signal, draining: signal, concerns: () => undefined },
  };
  const [accepted = "", refused = ""] = [1, 2].map(
    (at) => `documents~k7f3q2m9~01JDXW5T5Q6M3C9N2V8K4H7R${at}B`,
  );
  const jobs = [
    { id: accepted, spec: { queue: "documents", type: "copy" } },
    { id: refused, spec: { queue: "documents", type: "coppy" } },
  ];
  await handler(create(SubmitRequestSchema, { jobs }), context);
  expect(reported).toEqual([
    ["submitted", accepted, "copy"],
    ["refused", refused, "coppy", "UNKNOWN_JOB_TYPE"],
  ]);
});

test.each([
  ["large payloads that are hashed give other calls two turns each", "once", 1, 12],
  ["payloads of two calls that are hashed at the same time have turns of their own", "once", 2, 24],
  ["payloads that are not hashed are taken in one turn", "", 1, 0],
])("%s", async (_, idempotencyKey, calls, expected) => {
  const { signal } = new AbortController();
  let turns = 0;
  let turnsBefore: number | undefined;
  const stop = new AbortController();
  const count = () => {
    turns += 1;
    if (!stop.signal.aborted) setImmediate(count);
  };
  const handler = submit(
    { recentQueue: async () => undefined, submit: never, getJobs: async () => [] },
    { shed: () => undefined, refused: () => undefined } as never,
    systemClock,
    {
      admits: () => {
        turnsBefore = turns;
        return false;
      },
    },
    callbacks,
  );
  const context = {
    ...{ headers: { get: () => undefined }, peer: "", path: "", identity: undefined },
    ...{ signal, leaving: signal, draining: signal, concerns: () => undefined },
  };
  const payload = { case: "payloadJson" as const, value: `{"a":"${"x".repeat(200_000)}"}` };
  const spec = { queue: "documents", type: "copy", payload, idempotencyKey };
  const jobs = [1, 2, 3].map((at) => ({
    ...{ id: `documents~k7f3q2m9~01JDXW5T5Q6M3C9N2V8K4H7R${at}B`, spec },
  }));
  setImmediate(count);
  const request = create(SubmitRequestSchema, { jobs });
  await Promise.all(Array.from({ length: calls }, () => handler(request, context)));
  stop.abort();
  expect(turnsBefore).toBe(expected);
});
