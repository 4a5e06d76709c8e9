import { expect, test } from "vitest";
import { ResponseEvents } from "./response-events.ts";

const own = (theirs: object) => ({ ...theirs, id: "resp_ours" });
const added = (index: number, id: string) => ({
  ...{ type: "response.output_item.added", output_index: index, sequence_number: 40 },
  item: { id, type: "message", status: "in_progress" },
});
const done = (index: number, id: string) => ({
  ...{ type: "response.output_item.done", output_index: index },
  item: { id, type: "message", status: "completed" },
});

test("numbers the events from 0, and gives the response its own id", () => {
  const events = new ResponseEvents(own);
  expect(events.begun({ id: "resp_ours" })).toEqual([
    { type: "response.created", response: { id: "resp_ours" }, sequence_number: 0 },
    { type: "response.queued", response: { id: "resp_ours" }, sequence_number: 1 },
  ]);
  const running = { type: "response.in_progress", response: { id: "theirs", model: "m" } };
  expect(events.provided(running)).toEqual({
    ...{ type: "response.in_progress", sequence_number: 2 },
    response: { id: "resp_ours", model: "m" },
  });
  expect(events.provided(added(0, "a"))).toEqual({ ...added(0, "a"), sequence_number: 3 });
  expect(events.ended({ status: "incomplete" })).toEqual({
    ...{ type: "response.incomplete", sequence_number: 4, response: { status: "incomplete" } },
  });
});

test.each([
  "response.created",
  "response.queued",
  "response.completed",
  "response.failed",
  "error",
])("leaves out the provider's %s, without a gap in the numbers", (type) => {
  const events = new ResponseEvents(own);
  expect(events.provided({ type, response: {} })).toBeUndefined();
  expect(events.provided({ type: "response.new_thing" })).toMatchObject({ sequence_number: 0 });
});

test("another attempt ends the open items, and its own items follow them", () => {
  const events = new ResponseEvents(own);
  for (const event of [added(0, "a"), done(0, "a"), added(1, "b")]) events.provided(event);
  expect(events.hasBegun).toBe(true);
  expect(events.reset()).toEqual([
    {
      ...{ type: "response.output_item.done", output_index: 1, sequence_number: 3 },
      item: { id: "b", type: "message", status: "incomplete" },
    },
  ]);
  expect(events.provided({ type: "response.in_progress", response: {} })).toBeUndefined();
  expect(events.provided(added(0, "c"))).toMatchObject({ output_index: 2, sequence_number: 4 });
  expect(events.reset()).toMatchObject([{ output_index: 2, item: { id: "c" } }]);
  expect(events.provided(added(0, "d"))).toMatchObject({ output_index: 3 });
});

test("an attempt that failed before its first item leaves no trace", () => {
  const events = new ResponseEvents(own);
  events.begun({});
  expect(events.reset()).toEqual([]);
  expect(events.hasBegun).toBe(false);
  expect(events.provided(added(0, "a"))).toMatchObject({ output_index: 0, sequence_number: 2 });
});
