import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { JobSpecSchema } from "@millrace/proto/job";
import { GetJobRequestSchema } from "@millrace/proto/job-service";
import { describe, expect, test, vi } from "vitest";
import { assertValid, violationsOf } from "./validation.ts";

const fieldsAtFault = (queue: string) =>
  violationsOf(JobSpecSchema, create(JobSpecSchema, { queue, type: "summarize" })).map(
    ({ field }) => field,
  );

test.each(["d", "documents", "a-1", `d${"x".repeat(62)}`])(
  "accepts %j as a queue's name",
  (queue) => {
    expect(fieldsAtFault(queue)).toEqual([]);
  },
);

test.each(["", "Documents", "1d", "döcuments", "documents\n", "\ndocuments", `d${"x".repeat(63)}`])(
  "refuses %j as a queue's name",
  (queue) => {
    expect(fieldsAtFault(queue)).toEqual(["queue"]);
  },
);

test("describes in words what a pattern requires", () => {
  const broken = violationsOf(GetJobRequestSchema, create(GetJobRequestSchema, { jobId: "nope" }));
  expect(broken).toEqual([
    {
      field: "job_id",
      description:
        "must be the id of a job or group, as creating it gave it: <queue>~<key id>~<26 characters>",
    },
  ]);
});

describe("a payload", () => {
  const refusal = (bytes: number, queue = "documents") => {
    const payload = { case: "payloadJson" as const, value: "x".repeat(bytes) };
    try {
      assertValid(JobSpecSchema, create(JobSpecSchema, { queue, type: "echo", payload }));
    } catch (error) {
      return error;
    }
    return undefined;
  };

  test("may have as many bytes as the contract allows; with one more it is too large, and not malformed", () => {
    expect(refusal(262_144)).toBeUndefined();
    const violations = [{ field: "payload_json", description: "must be at most 262144 bytes" }];
    expect(refusal(262_145)).toMatchObject({ reason: "TOO_LARGE", violations });
  });

  test("is malformed if it has too many bytes and other errors, because sending less would not help", () => {
    expect(refusal(262_145, "No Queue")).toMatchObject({ reason: "MALFORMED" });
  });
});

describe("the length of a text", () => {
  const brokenBy = (init: MessageInitShape<typeof JobSpecSchema>) =>
    violationsOf(
      JobSpecSchema,
      create(JobSpecSchema, { queue: "documents", type: "echo", ...init }),
    ).map(({ field }) => field);

  test.each(["x", "é", "€", "😀", "\ud83d"])("is counted in bytes of UTF-8: %j", (character) => {
    const bytes = Buffer.byteLength(character);
    const full = character.repeat(Math.floor(262_144 / bytes));
    const payload = (value: string) => ({ payload: { case: "payloadJson" as const, value } });
    expect(brokenBy(payload(full))).toEqual([]);
    expect(brokenBy(payload(full + character))).toEqual(["payload_json"]);
  });

  test.each(["x", "é", "€", "😀"])("is counted in characters: %j", (character) => {
    expect(brokenBy({ idempotencyKey: character.repeat(255) })).toEqual([]);
    expect(brokenBy({ idempotencyKey: character.repeat(256) })).toEqual(["idempotency_key"]);
  });

  test("is not counted character by character in JavaScript", () => {
    const counted = vi.spyOn(Buffer, "byteLength");
    const value = "x".repeat(262_144);
    expect(brokenBy({ payload: { case: "payloadJson", value } })).toEqual([]);
    expect(counted).toHaveBeenCalledWith(value);
    counted.mockRestore();
  });
});
