import { ManualClock } from "@millrace/testing";
import { expect, test } from "vitest";
import { fixedValue, mapReloaded, reloadRegularly } from "./reloaded-value.ts";

function setup(read: () => Buffer) {
  const clock = new ManualClock();
  const lines: string[] = [];
  const ends: (() => Promise<void> | void)[] = [];
  const kept = reloadRegularly({ defer: (end) => void ends.push(end) }, read, {
    ...{ clock, everyMs: 1_000, what: "the file" },
    log: {
      info: (_, message) => void lines.push(`info ${message}`),
      warn: (_, message) => void lines.push(`warn ${message}`),
    },
  });
  const told: string[] = [];
  kept.onReplaced((value) => void told.push(value.toString()));
  return { clock, kept, lines, told, ends };
}

test("what was replaced is told once, and not before it is looked at", () => {
  let content = "old";
  const { clock, kept, told, lines } = setup(() => Buffer.from(content));
  content = "new";
  clock.advance(999);
  expect([kept.current.toString(), told]).toEqual(["old", []]);
  clock.advance(1);
  expect([kept.current.toString(), told]).toEqual(["new", ["new"]]);
  clock.advance(5_000);
  expect(told).toEqual(["new"]);
  expect(lines).toEqual([expect.stringContaining("info the file: the new content")]);
});

test("what is not usable changes nothing, is logged once, and what is usable after it is taken", () => {
  let content: string | Error = "old";
  const { clock, kept, told, lines } = setup(() => {
    if (content instanceof Error) throw content;
    return Buffer.from(content);
  });
  content = new Error("half of it");
  clock.advance(3_000);
  expect([kept.current.toString(), told]).toEqual(["old", []]);
  expect(lines).toEqual([expect.stringContaining("warn the file")]);
  content = "new";
  clock.advance(1_000);
  expect(told).toEqual(["new"]);
});

test("the first reading may throw, and nothing is read after the end", async () => {
  expect(() =>
    setup(() => {
      throw new Error("not there");
    }),
  ).toThrow("not there");
  const { clock, ends } = setup(() => Buffer.from(""));
  for (const end of ends) await end();
  expect(clock.pending).toBe(0);
});

test("a part of what is renewed is renewed with it", () => {
  let content = "old";
  const { clock, kept } = setup(() => Buffer.from(content));
  const length = mapReloaded(kept, (value) => `${value.length} ${value}`);
  const told: string[] = [];
  length.onReplaced((value) => void told.push(value));
  content = "newer";
  clock.advance(1_000);
  expect([length.current, told]).toEqual(["5 newer", ["5 newer"]]);
  expect(mapReloaded(fixedValue("a"), (value) => value + value).current).toBe("aa");
});
