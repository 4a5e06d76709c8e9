import { expect, test } from "vitest";
import { matchesEventTypes, webhookEventTypes } from "./webhook-events.ts";

test("lists each end of jobs and groups, and all ends of each", () => {
  expect(webhookEventTypes).toEqual([
    ...["job.*", "job.succeeded", "job.failed", "job.cancelled", "job.expired"],
    ...["group.*", "group.succeeded", "group.failed", "group.cancelled", "group.expired"],
  ]);
});

test.each([
  [[], "group.failed", true],
  [["job.failed"], "job.failed", true],
  [["job.failed"], "job.succeeded", false],
  [["job.*"], "job.succeeded", true],
  [["job.*"], "group.succeeded", false],
  [["group.*", "job.failed"], "job.failed", true],
])("an endpoint that names %j and an event of type %s: %s", (wanted, type, matches) => {
  expect(matchesEventTypes(wanted, type)).toBe(matches);
});
