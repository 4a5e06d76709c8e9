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
  explanationMessage(explanation, serving, 1).constraints;

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
