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
  const reported: string[] = [];
  kept.onReplaced((value) => void reported.push(value.toString()));
  return { clock, kept, lines, reported, ends };
}

test("reports a replaced value once, when it is read", () => {
  let content = "old";
  const { clock, kept, reported, lines } = setup(() => Buffer.from(content));
  content = "new";
  clock.advance(999);
  expect([kept.current.toString(), reported]).toEqual(["old", []]);
  clock.advance(1);
  expect([kept.current.toString(), reported]).toEqual(["new", ["new"]]);
  clock.advance(5_000);
  expect(reported).toEqual(["new"]);
  expect(lines).toEqual([expect.stringContaining("info the file: the new content")]);
});

test("keeps the value and logs once if the new one is not usable, and takes the next usable one", () => {
  let content: string | Error = "old";
  const { clock, kept, reported, lines } = setup(() => {
    if (content instanceof Error) throw content;
    return Buffer.from(content);
  });
  content = new Error("half of it");
  clock.advance(3_000);
  expect([kept.current.toString(), reported]).toEqual(["old", []]);
  expect(lines).toEqual([expect.stringContaining("warn the file")]);
  content = "new";
  clock.advance(1_000);
  expect(reported).toEqual(["new"]);
});

test("throws if the first read throws, and reads nothing after the end", async () => {
  expect(() =>
    setup(() => {
      throw new Error("not there");
    }),
  ).toThrow("not there");
  const { clock, ends } = setup(() => Buffer.from(""));
  for (const end of ends) await end();
  expect(clock.pending).toBe(0);
});

test("replaces a derived value together with its source", () => {
  let content = "old";
  const { clock, kept } = setup(() => Buffer.from(content));
  const length = mapReloaded(kept, (value) => `${value.length} ${value}`);
  const reported: string[] = [];
  length.onReplaced((value) => void reported.push(value));
  content = "newer";
  clock.advance(1_000);
  expect([length.current, reported]).toEqual(["5 newer", ["5 newer"]]);
  expect(mapReloaded(fixedValue("a"), (value) => value + value).current).toBe("aa");
});
