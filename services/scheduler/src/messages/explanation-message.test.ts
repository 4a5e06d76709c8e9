import type { Constraint, Explanation } from "@millrace/engine";
import { ConstraintKind as Kind } from "@millrace/proto/job-service";
import { expect, test } from "vitest";
import type { Serving } from "../policy/who-serves.ts";
import { explanationMessage } from "./explanation-message.ts";

const free: Constraint = { kind: "NO_FREE_WORKER", subject: "gpu", jobType: "resize" };
const tokens: Constraint = { kind: "KEY_TOKENS", subject: "aaaa", limit: 5, used: 5, clearMs: 9 };
const waiting = (...constraints: Constraint[]): Explanation => ({
  ...{ state: "QUEUED", type: "resize", pool: "gpu", constraints, aheadInLane: 0, lanes: 1 },
});
const busy: Serving = { kind: "somebody", workers: 2, slots: 8, running: 7 };
const constraintsOf = (explanation: Explanation, serving: Serving) =>
  explanationMessage(explanation, { job: serving, routes: [] }, 1).constraints;

test.each([
  ["queue", "documents", "no connected worker serves the job's queue: start a worker that does"],
  ["pool", "gpu", "none of them serves pool gpu"],
  ["type", "resize", "none of them serves jobs of type resize"],
] as const)("says that nobody serves the job's %s", (missing, subject, message) => {
  const nobody = { kind: "nobody", missing, subject } as const;
  const told = { kind: Kind.NO_WORKER, subject, message: expect.stringContaining(message) };
  expect(constraintsOf(waiting(free), nobody)).toMatchObject([told]);
  // It is told whatever else holds the job, because the job starts only when a worker comes.
  expect(constraintsOf(waiting(tokens), nobody)).toMatchObject([told, { kind: Kind.KEY_TOKENS }]);
});

test("says that all are busy, with their slots", () => {
  const [constraint, ...rest] = constraintsOf(waiting(free), busy) ?? [];
  expect(rest).toEqual([]);
  expect(constraint).toMatchObject({
    ...{ kind: Kind.NO_FREE_WORKER, limit: 8n, used: 7n, needed: 1n },
    message: expect.stringContaining("2 workers serve its queue, pool and type, and 7 of their 8"),
  });
  expect(constraintsOf(waiting(tokens), busy)).toMatchObject([{ kind: Kind.KEY_TOKENS }]);
});

test("a type that no worker has named yet is no constraint once a worker that serves it is connected", () => {
  const unnamed = { ...free, noneServesType: true } as const;
  expect(constraintsOf(waiting(tokens, unnamed), busy)).toMatchObject([{ kind: Kind.KEY_TOKENS }]);
  expect(constraintsOf(waiting(unnamed), busy)).toMatchObject([{ kind: Kind.NO_FREE_WORKER }]);
});

test("a suspect waits for an idle worker, whatever else holds it", () => {
  const alone = { ...free, alone: true } as const;
  expect(constraintsOf(waiting(tokens, alone), busy)).toMatchObject([
    { kind: Kind.NO_FREE_WORKER, message: expect.stringContaining("must run alone") },
    { kind: Kind.KEY_TOKENS },
  ]);
});

test("a job that runs or waits for its time is not told of workers", () => {
  const nobody = { kind: "nobody", missing: "queue", subject: "documents" } as const;
  for (const state of ["RUNNING", "SCHEDULED", "SUCCEEDED"] as const) {
    expect(constraintsOf({ ...waiting(), state }, nobody)).toEqual([]);
  }
});

const cooling: Constraint = { kind: "PROVIDER_COOLDOWN", subject: "one", clearMs: 50_000 };
const exhausted: Constraint = { kind: "PROVIDER_EXHAUSTED", subject: "two" };
const nobody: Serving = { kind: "nobody", missing: "pool", subject: "two" };
const route = (account: string, ...constraints: Constraint[]) => ({
  ...{ account, model: `${account}-model`, failed: account === "two", constraints },
});
const ofModel = (
  constraints: readonly Constraint[],
  ...routes: ReturnType<typeof route>[]
): Explanation => ({
  ...{ ...waiting(...constraints), pool: "", model: "fast", routes },
});
const explained = (explanation: Explanation, job: Serving, ...routes: Serving[]) =>
  explanationMessage(explanation, { job, routes }, 1);

test("says of each route of a job's model what holds it", () => {
  const held = ofModel([cooling, exhausted], route("one", cooling), route("two", exhausted));
  expect(explained(held, busy, busy, busy)).toMatchObject({
    model: "fast",
    routes: [
      {
        ...{ account: "one", model: "one-model", failed: false },
        constraints: [{ kind: Kind.PROVIDER_COOLDOWN, subject: "one" }],
      },
      { account: "two", failed: true, constraints: [{ kind: Kind.PROVIDER_EXHAUSTED }] },
    ],
    constraints: [{ kind: Kind.PROVIDER_COOLDOWN }, { kind: Kind.PROVIDER_EXHAUSTED }],
  });
});

test("a route that nobody serves holds the job if the others are held, and is no news if one is open", () => {
  const held = explained(ofModel([free], route("one", cooling), route("two")), busy, busy, nobody);
  expect(held.routes?.[1]).toMatchObject({
    constraints: [
      { kind: Kind.NO_WORKER, subject: "two", message: expect.stringContaining("account two") },
    ],
  });
  expect(held.constraints).toMatchObject([
    { kind: Kind.PROVIDER_COOLDOWN, subject: "one" },
    { kind: Kind.NO_WORKER, subject: "two" },
  ]);
  const open = explained(ofModel([free], route("one"), route("two")), busy, busy, nobody);
  expect(open.routes?.[1]).toMatchObject({ constraints: [{ kind: Kind.NO_WORKER }] });
  expect(open.constraints).toMatchObject([
    { kind: Kind.NO_FREE_WORKER, message: expect.stringContaining("its queue, model and type") },
  ]);
});

test("says once that nobody serves any route", () => {
  const none = { kind: "nobody", missing: "model", subject: "fast" } as const;
  const routes = [route("one"), route("two")];
  const { constraints } = explained(ofModel([free], ...routes), none, nobody, nobody);
  expect(constraints).toMatchObject([
    {
      ...{ kind: Kind.NO_WORKER, subject: "fast" },
      message: expect.stringContaining("an account of model fast (one, two)"),
    },
  ]);
});

test("a job of a model starts when the first of its routes clears", () => {
  const later: Constraint = { kind: "PROVIDER_REQUESTS", subject: "two", clearMs: 90_000 };
  const timed = ofModel([later, cooling], route("one", cooling), route("two", later));
  expect(explained(timed, busy, busy, busy).estimatedStartTime).toMatchObject({ seconds: 50n });
  const never = ofModel([exhausted], route("two", exhausted));
  expect(explained(never, busy, busy).estimateBasis).toContain("cannot be estimated");
});

test("says that the catalogue has the model no more", () => {
  const gone = ofModel([{ kind: "NO_ROUTE", subject: "fast" }]);
  expect(explained(gone, busy).constraints).toMatchObject([
    { kind: Kind.NO_ROUTE, subject: "fast" },
  ]);
});
