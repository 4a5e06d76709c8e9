import { expect, test } from "vitest";
import { printable } from "./printable.ts";

test.each([
  ["plain\ttext\n", "plain\ttext\n"],
  ["\u001b[31mred\u001b[0m", "red"],
  ["\u001b]0;title\u0007after", "after"],
  ["over\rwritten\u0008\u007f\u009b", "over\ufffdwritten\ufffd\ufffd\ufffd"],
])("%j may be shown as %j", (text, shown) => {
  expect(printable(text)).toBe(shown);
});
