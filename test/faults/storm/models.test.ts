import { ManualClock } from "@millrace/testing";
import { expect, test } from "vitest";
import { Absences } from "./absences.ts";
import { providerModelOf, wrongRoute } from "./models.ts";

const end = (account: string, model = "swift", called = account) => ({
  model,
  route: { account, model: providerModelOf(account, model) },
  result: { called: `${called} ${providerModelOf(called, model)}` },
});

test("a job of a model must end on one of its routes, and its attempt must have called that account", () => {
  expect(wrongRoute("swift", end("storm/east"))).toBeUndefined();
  // After an operator's change.
  expect(wrongRoute("swift", end("storm/north"))).toBeUndefined();
  expect(wrongRoute("wide", end("storm/west", "broad"))).toBeUndefined();
  expect(wrongRoute("wide", end("storm/west"))).toContain("is one of swift");
  expect(wrongRoute("swift", end("storm/model"))).toContain("no route of swift");
  expect(wrongRoute("swift", end("storm/east", "swift", "storm/west"))).toContain("attempt called");
  expect(wrongRoute("swift", { model: "swift", result: {} })).toContain("no route of swift");
});

test("a model was away since a time if it is away now, or came back later", () => {
  const clock = new ManualClock(100);
  const absences = new Absences(clock);
  expect(absences.since("swift", 0)).toBe(false);
  absences.begin("swift");
  expect(absences.since("swift", 200)).toBe(true);
  clock.advance(50);
  absences.end("swift");
  expect(absences.since("swift", 150)).toBe(true);
  expect(absences.since("swift", 151)).toBe(false);
  // What was put again without an absence changes nothing.
  clock.advance(50);
  absences.end("swift");
  expect(absences.since("swift", 151)).toBe(false);
});
