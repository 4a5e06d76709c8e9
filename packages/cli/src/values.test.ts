import { ManualClock } from "@millrace/testing";
import { InvalidArgumentError } from "commander";
import { expect, test } from "vitest";
import { label, labels, orNone, time, wholeNumber } from "./values.ts";

const wrong = expect.any(InvalidArgumentError);
const result = <T>(parse: (text: string) => T, text: string) => {
  try {
    return parse(text);
  } catch (error) {
    return error;
  }
};

test.each([
  ["0", 0],
  ["4294967295", 4_294_967_295],
  ["4294967296", wrong],
  ["-1", wrong],
  ["1.5", wrong],
  ["1e3", wrong],
  ["", wrong],
])("the whole number %j", (text, value) => {
  expect(result(wholeNumber, text)).toEqual(value);
});

test("a limit is a number or none", () => {
  expect(orNone(wholeNumber)("none")).toBe("none");
  expect(orNone(wholeNumber)("5")).toBe(5);
  expect(result(orNone(wholeNumber), "nothing")).toEqual(wrong);
});

test.each([
  ["2027-01-31T08:00:00Z", Date.UTC(2027, 0, 31, 8)],
  ["2027-01-31T08:00+01:00", Date.UTC(2027, 0, 31, 7)],
  ["+1h30m", 5_401_000],
  ["2027-01-31T08:00:00", undefined],
  ["2027-01-31", undefined],
  ["2027-13-31T08:00:00Z", undefined],
  ["+soon", undefined],
  ["1h", undefined],
])("the time %j", (text, ms) => {
  const read = result(time(new ManualClock(1_000)), text);
  expect(read).toEqual(ms === undefined ? wrong : new Date(ms));
});

test("labels add up, and a value may contain an equals sign", () => {
  expect(labels("b=2=3", labels("a="))).toEqual({ a: "", b: "2=3" });
  expect(result(label, "=1")).toEqual(wrong);
});
