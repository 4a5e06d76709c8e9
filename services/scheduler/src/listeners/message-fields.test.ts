import { create, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { ApplyConfigurationRequestSchema, KeyBudgetSchema } from "@millrace/proto/admin-service";
import { type AttemptOutputSchema, WorkRequestSchema } from "@millrace/proto/worker-service";
import { assertBounded, defaultServeLimits } from "@millrace/runtime";
import { expect, test } from "vitest";
import { messageFields } from "./message-fields.ts";

const { messageBytes } = defaultServeLimits;

test("accepts the largest configuration from operators, and not from callers", () => {
  const budget = Object.fromEntries(
    KeyBudgetSchema.fields.map(({ localName, fieldKind }) => [
      localName,
      fieldKind === "scalar" ? 1 : {},
    ]),
  );
  const apiKeys = Array.from({ length: 10_000 }, (_, index) => ({
    ...{ keyId: `k${index}`, name: "a key", secretSha256: "0".repeat(64), budget },
  }));
  const request = create(ApplyConfigurationRequestSchema, {
    configuration: { apiKeys } as never,
  });
  const bytes = toBinary(ApplyConfigurationRequestSchema, request);
  expect(bytes.length).toBeLessThan(messageBytes);
  const check = (most?: number) => () =>
    assertBounded(ApplyConfigurationRequestSchema, bytes, most);
  expect(check(messageFields.operators)).not.toThrow();
  expect(check()).toThrow("more than 100000 fields");
});

test("accepts a worker's message of 1 MiB, even of the smallest possible chunks", () => {
  const lease = { jobId: "documents~k7f3q2m9~01JDXW5T5Q6M3C9N2V8K4H7R1B", fencingToken: 1n };
  const chunks = Array.from({ length: 1_000 }, () => ({
    content: { case: "data" as const, value: Uint8Array.of(1) },
  }));
  const attempt: MessageInitShape<typeof AttemptOutputSchema> = { lease, chunks };
  const output = { attempts: Array.from({ length: 205 }, () => attempt) };
  const bytes = toBinary(
    WorkRequestSchema,
    create(WorkRequestSchema, { message: { case: "output", value: output } }),
  );
  expect(bytes.length).toBeGreaterThan(1_000_000);
  const check = (most?: number) => () => assertBounded(WorkRequestSchema, bytes, most);
  expect(check(messageFields.workers)).not.toThrow();
  expect(check()).toThrow("more than 100000 fields");
});
