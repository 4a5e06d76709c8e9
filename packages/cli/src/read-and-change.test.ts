import { MillraceError } from "@millrace/client";
import { expect, test } from "vitest";
import { readAndChange } from "./read-and-change.ts";

const changed = () =>
  new MillraceError({ code: "ABORTED", reason: "CHANGED_MEANWHILE", message: "changed" });

test("a change is tried up to five times when another operator changes the same thing meanwhile", async () => {
  let left = 4;
  const change = async () => {
    left -= 1;
    if (left >= 0) throw changed();
    return "done";
  };
  expect(await readAndChange(change)).toBe("done");
  left = 5;
  await expect(readAndChange(change)).rejects.toMatchObject({ reason: "CHANGED_MEANWHILE" });
});

test("any other error is thrown at once", async () => {
  let tries = 0;
  const fail = () => {
    tries += 1;
    throw new MillraceError({ code: "NOT_FOUND", reason: "KEY_NOT_FOUND", message: "no" });
  };
  await expect(readAndChange(async () => fail())).rejects.toMatchObject({ code: "NOT_FOUND" });
  expect(tries).toBe(1);
});
