import { limits } from "@millrace/shared";
import * as v from "valibot";
import { expect, expectTypeOf, test } from "vitest";
import { z } from "zod";
import { defineExecutor, type PayloadViolation } from "./define-executor.ts";
import type { AttemptContext, Executor } from "./executor.ts";
import { JobFailure } from "./job-failure.ts";

const attemptWith = (payload: unknown) => ({ jobId: "j", payload }) as AttemptContext;

/** Runs an executor and returns how it failed. */
async function failureOf(executor: Executor, payload: unknown): Promise<JobFailure> {
  const error = await executor(attemptWith(payload)).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(JobFailure);
  return error as JobFailure;
}

const violationsOf = ({ details }: JobFailure) =>
  (details as { violations: PayloadViolation[] }).violations;

const schemas = {
  Zod: z.object({ items: z.array(z.object({ name: z.string() })) }),
  Valibot: v.object({ items: v.array(v.object({ name: v.string() })) }),
};

test.each(Object.entries(schemas))(
  "an executor with a schema of %s gets a payload that is valid, and its type",
  async (_, schema) => {
    const names = defineExecutor(schema, async ({ payload, jobId }) => {
      expectTypeOf(payload).toEqualTypeOf<{ items: { name: string }[] }>();
      return [jobId, ...payload.items.map(({ name }) => name)];
    });
    expectTypeOf(names).toEqualTypeOf<Executor<unknown, string[]>>();
    expect(await names(attemptWith({ items: [{ name: "a" }] }))).toEqual(["j", "a"]);
  },
);

test.each(Object.entries(schemas))(
  "a payload that a schema of %s refuses fails for good, and the failure names the fields",
  async (_, schema) => {
    const never = defineExecutor(schema, async () => expect.unreachable());
    const failure = await failureOf(never, { items: [{ name: "a" }, { name: 1 }, {}] });
    expect(failure).toMatchObject({ reason: "MALFORMED", retryable: false });
    expect(violationsOf(failure)).toMatchObject([
      { field: "payload.items[1].name", description: expect.stringMatching(/string/i) },
      { field: "payload.items[2].name", description: expect.any(String) },
    ]);
    expect(failure.message).toMatch(
      /^The payload is not what the executor takes: payload\.items\[1]\.name: .*; payload\.items\[2]/,
    );
    expect(violationsOf(await failureOf(never, null))).toMatchObject([{ field: "payload" }]);
  },
);

test("the executor gets what the schema makes of the payload", async () => {
  const schema = z.object({ at: z.iso.datetime().transform((text) => new Date(text).getTime()) });
  const at = defineExecutor(schema, async ({ payload }) => payload.at);
  expect(await at(attemptWith({ at: "1970-01-01T00:00:01Z" }))).toBe(1_000);
});

test("payload and result may be named, and the schema may answer later", async () => {
  interface Payload {
    readonly n: number;
  }
  const schema = z.object({ n: z.number() }).refine(async ({ n }) => n > 0, "n must be positive");
  const double = defineExecutor<Payload, number>(schema, async ({ payload }) => 2 * payload.n);
  expect(await double(attemptWith({ n: 2 }))).toBe(4);
  expect(violationsOf(await failureOf(double, { n: 0 }))).toEqual([
    { field: "payload", description: "n must be positive" },
  ]);
});

test("the details of a failure keep the first violations that fit, and the message names five", async () => {
  const schema = z.record(z.string(), z.string());
  const never = defineExecutor(schema, async () => null);
  const badFields = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`f${index}`, index]));

  expect((await failureOf(never, badFields(5))).message).not.toContain("more");
  const six = await failureOf(never, badFields(6));
  expect(six.message).toMatch(/payload\.f4: [^;]+; and 1 more\.$/);
  expect(violationsOf(six)).toHaveLength(6);

  const many = await failureOf(never, badFields(500));
  const kept = violationsOf(many);
  const bytes = (details: object | undefined) => Buffer.byteLength(JSON.stringify(details));
  expect(kept.length).toBeGreaterThan(6);
  expect(bytes(many.details)).toBeLessThanOrEqual(limits.failureDetailsBytes);
  const next = { field: `payload.f${kept.length}`, description: kept[0]?.description };
  expect(bytes({ violations: [...kept, next] })).toBeGreaterThan(limits.failureDetailsBytes);
});

test("what a validator throws is no fault of the payload: the attempt fails with it, and may be tried again", async () => {
  const broken = z.string().transform(() => {
    throw new Error("the lookup table is missing");
  });
  const never = defineExecutor(broken, async () => null);
  const thrown = await never(attemptWith("a")).catch((error: unknown) => error);
  expect(thrown).toEqual(new Error("the lookup table is missing"));
  expect(thrown).not.toBeInstanceOf(JobFailure);
});
