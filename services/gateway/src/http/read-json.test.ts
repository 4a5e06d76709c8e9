import { JobSpecSchema } from "@millrace/proto/job";
import { expect, test } from "vitest";
import { readJsonObject } from "./read-json.ts";

const read = (value: object) =>
  readJsonObject(bodyOf(value), JobSpecSchema, { name: "payload", mostBytes: 20_000 });

const bodyOf = async function* (value: object) {
  yield Buffer.from(JSON.stringify(value));
};
const members = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`member${index}`, index]));

test("accepts a body of 64 members, with any number of members within them", async () => {
  const body = { ...members(63), payload: members(1_000) };
  expect(await read(body)).toEqual(body);
});

test("refuses a body with more members than any job has, before they are copied", async () => {
  await expect(read(members(65))).rejects.toMatchObject({
    reason: "MALFORMED",
    message: "the body has 65 members, and the limit is 64",
  });
});
