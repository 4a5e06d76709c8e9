import { RpcFault } from "@millrace/runtime";
import { expect, test } from "vitest";
import { z } from "zod";
import { readQuery } from "./read-query.ts";

const shape = { state: z.array(z.enum(["queued", "running"])) };

function violationsOf(query: string) {
  try {
    readQuery(new URLSearchParams(query), shape);
  } catch (error) {
    if (error instanceof RpcFault) return error;
    throw error;
  }
  return undefined;
}

test("names each wrong value and each unknown parameter", () => {
  expect(violationsOf("state=queued&state=x&state=y&other=1")?.violations).toMatchObject([
    { field: "state.1" },
    { field: "state.2" },
    { field: "other" },
  ]);
});

test("names only a few of thousands of errors, so that the answer is not a hundred times the query", () => {
  const fault = violationsOf("state=x&".repeat(2_000));
  expect(fault?.violations).toHaveLength(32);
  expect(fault?.message.length).toBeLessThan(4_096);
});
