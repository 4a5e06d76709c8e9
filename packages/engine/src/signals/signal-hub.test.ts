import { expect, test } from "vitest";
import { parseSignals } from "./signal-hub.ts";

test("a message names each job of each kind", () => {
  expect(parseSignals("w\ns RUNNING a b\nf SUCCEEDED c\no d 3 e 10\nc f g")).toEqual([
    { kind: "work" },
    { kind: "state", jobId: "a", state: "RUNNING" },
    { kind: "state", jobId: "b", state: "RUNNING" },
    { kind: "finished", jobId: "c", state: "SUCCEEDED" },
    { kind: "output", jobId: "d", nextOffset: 3 },
    { kind: "output", jobId: "e", nextOffset: 10 },
    { kind: "cancel", jobId: "f" },
    { kind: "cancel", jobId: "g" },
  ]);
});

test("signals of a newer replica that this one does not know are ignored", () => {
  expect(parseSignals("z a b\nw")).toEqual([{ kind: "work" }]);
});

test("signals of work bear the engine whose submission it was, and that engine ignores them", () => {
  expect(parseSignals("w 1f\ns RUNNING a", "1f")).toEqual([
    { kind: "state", jobId: "a", state: "RUNNING" },
  ]);
  expect(parseSignals("w 1f", "2e")).toEqual([{ kind: "work" }]);
  expect(parseSignals("w", "2e")).toEqual([{ kind: "work" }]);
  expect(parseSignals("w", "")).toEqual([{ kind: "work" }]);
});
