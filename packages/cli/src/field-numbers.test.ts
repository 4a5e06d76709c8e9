import { KeyBudgetSchema, QueueSchema } from "@millrace/proto/admin-service";
import { JobSpecSchema } from "@millrace/proto/job";
import { expect, test } from "vitest";
import { fieldBigint, fieldDecimal, fieldNumber } from "./field-numbers.ts";

const { priority } = JobSpecSchema.field;
const { tokensPerDay, weight, maxRunning } = KeyBudgetSchema.field;

test.each<[string, (text: string) => number | bigint, string, string, number | bigint, string]>([
  ["32 bits", fieldNumber(priority), "1", "100", 100, "from 1 to 100"],
  ["32 bits", fieldNumber(QueueSchema.field.shards), "0", "64", 64, "from 0 to 64"],
  ["32 bits", fieldNumber(maxRunning), "1", "1000000", 1_000_000, "from 1 to 1000000"],
  [
    ...(["64 bits", fieldBigint(tokensPerDay), "1", "1000000000000", 1_000_000_000_000n] as const),
    "from 1 to 1000000000000",
  ],
  ["decimals", fieldDecimal(weight), "0.01", "100", 100, "from 0.01 to 100"],
])("a number of %s has the bounds of its field", (_, parse, least, most, value, range) => {
  expect(Number(parse(least))).toBe(Number(least));
  expect(parse(most)).toBe(value);
  for (const text of [`${most}0`, "-1", "1e3", "", "NaN", "Infinity", "x"]) {
    expect(() => parse(text)).toThrow(range);
  }
  if (Number(least) >= 1) expect(() => parse("0")).toThrow(range);
});
