import { expect, test } from "vitest";
import { endsFor, matchesEventTypes, webhookEventTypes } from "./webhook-events.ts";

test("lists each end of jobs and groups, and all ends of each", () => {
  expect(webhookEventTypes).toEqual([
    ...["job.*", "job.succeeded", "job.failed", "job.cancelled", "job.expired"],
    ...["group.*", "group.succeeded", "group.failed", "group.cancelled", "group.expired"],
    ...["response.*", "response.completed", "response.failed", "response.cancelled"],
    ...["response.incomplete", "batch.*", "batch.completed", "batch.failed", "batch.expired"],
    "batch.cancelled",
  ]);
});

test.each([
  [[], "group.failed", true],
  [["job.failed"], "job.failed", true],
  [["job.failed"], "job.succeeded", false],
  [["job.*"], "job.succeeded", true],
  [["job.*"], "group.succeeded", false],
  [["group.*", "job.failed"], "job.failed", true],
  [[], "response.completed", false],
  [["response.*"], "response.incomplete", true],
  [["response.completed"], "job.succeeded", false],
  [[], "batch.completed", false],
  [["batch.*"], "batch.expired", true],
  [["batch.*"], "response.completed", false],
  [["batch.failed"], "job.succeeded", false],
])("an endpoint that names %j and an event of type %s: %s", (wanted, type, matches) => {
  expect(matchesEventTypes(wanted, type)).toBe(matches);
});

test.each([
  ["job.failed", ["job.failed"]],
  ["group.*", ["group.*"]],
  ["response.*", ["job.*"]],
  ["response.completed", ["job.succeeded"]],
  ["response.incomplete", ["job.succeeded"]],
  ["response.failed", ["job.failed", "job.expired"]],
  ["response.cancelled", ["job.cancelled"]],
  ["batch.*", ["job.*"]],
  ["batch.completed", ["job.succeeded"]],
  ["batch.failed", ["job.succeeded", "job.failed"]],
  ["batch.expired", ["job.succeeded", "job.expired"]],
  ["batch.cancelled", ["job.succeeded", "job.cancelled"]],
])("for events of type %s, the ends %j are recorded", (type, expected) => {
  expect(endsFor(type)).toEqual(expected);
});
