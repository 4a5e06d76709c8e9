import { create } from "@bufbuild/protobuf";
import { SubmitStreamRequestSchema } from "@millrace/proto/job-service";
import { limits } from "@millrace/shared";
import { expect, test } from "vitest";
import { HeldRequests } from "./held-requests.ts";

const request = (notifyJobIds: string[], payload = "") =>
  create(SubmitStreamRequestSchema, {
    notifyJobIds,
    jobs:
      payload === ""
        ? []
        : [{ job: { payload: { case: "payloadJson" as const, value: payload } } }],
  });

test("returns messages in the order in which they were read", () => {
  const held = new HeldRequests();
  held.add(request(["a"]));
  held.add(request(["b"]));
  expect(held.isEmpty).toBe(false);
  expect([held.take(), held.take()].map((one) => one?.notifyJobIds)).toEqual([["a"], ["b"]]);
  expect(held.take()).toBeUndefined();
  expect(held.isEmpty).toBe(true);
});

test("holds about one message's bytes, and has room again when a message is taken", () => {
  const held = new HeldRequests();
  const half = "x".repeat(limits.messageBytes / 2);
  held.add(request([], half));
  expect(held.isFull).toBe(false);
  held.add(request([], half));
  expect(held.isFull).toBe(true);
  held.take();
  expect(held.isFull).toBe(false);
});

test("frees the room of awaited jobs that are forgotten", () => {
  const held = new HeldRequests();
  const ids = Array.from({ length: limits.messageBytes / 64 }, (_, index) => `job${index}`);
  held.add(request(ids));
  expect(held.isFull).toBe(true);
  held.forget(ids.slice(1));
  expect(held.isFull).toBe(false);
  expect(held.take()?.notifyJobIds).toEqual(["job0"]);
});
