/** Tests the checkers of webhooks: they must find each kind of fault. */
import type { WebhookDelivery, WebhookEndpoint } from "@millrace/client";
import { expect, test } from "vitest";
import { isCalled, stormCallback } from "./callbacks.ts";
import { wrongArrivals } from "./compare-events.ts";
import { wrongGone } from "./gone.ts";

const end = "storm~key~1 job.succeeded";

test.each<[what: string, ends: string[], arrived: [string, string[]][], wrong: RegExp[]]>([
  ["an event for each end", [end], [[end, ["evt_1"]]], []],
  ["an end without an event", [end], [], [/callback: no event of .* job.succeeded/]],
  ["an event of something else", [], [[end, ["evt_1"]]], [/no end to tell/]],
  ["an end of two events", [end], [[end, ["evt_1", "evt_2"]]], [/arrived as evt_1 and evt_2/]],
])("finds %s", (_, ends, arrived, wrong) => {
  const events = new Map(arrived.map(([subject, ids]) => [subject, new Set(ids)]));
  const found = wrongArrivals("callback", new Set(ends), events);
  expect(found).toEqual(wrong.map((what) => expect.stringMatching(what)));
});

test("some jobs have a callback, some of these only for good ends, and a repeated draw is the same", () => {
  const draw = () =>
    Array.from({ length: 10_000 }, (_, n) => stormCallback(1, n, "http://a/", "group"));
  const drawn = draw().filter((callback) => callback !== undefined);
  expect(draw()).toEqual(draw());
  expect(drawn.length / 10_000).toBeCloseTo(0.25, 1);
  const told = drawn.filter((callback) => isCalled(callback, "group.failed"));
  expect(told.length / drawn.length).toBeCloseTo(0.7, 1);
  expect(drawn.every((callback) => isCalled(callback, "group.succeeded"))).toBe(true);
  expect(isCalled(undefined, "job.succeeded")).toBe(false);
});

const disabled: Pick<WebhookEndpoint, "enabled" | "disabledReason"> = {
  ...{ enabled: false, disabledReason: "GONE" },
};
type Delivery = Pick<WebhookDelivery, "id" | "state" | "attempts" | "nextAttemptTime">;
const delivery = (state: Delivery["state"], reason?: string): Delivery => {
  const failure = reason === undefined ? {} : { failure: { reason, message: "" } };
  return { id: "delivery-1", state, attempts: [{ attempt: 1, answer: "", ...failure }] };
};

test("an endpoint that a 410 has disabled, and whose deliveries are over, has no faults", () => {
  const again = { ...delivery("PENDING", "WEBHOOK_TIMEOUT"), nextAttemptTime: new Date(0) };
  const over = [
    delivery("DELIVERED"),
    delivery("FAILED", "WEBHOOK_GONE"),
    delivery("FAILED", "ENDPOINT_DISABLED"),
  ];
  expect(wrongGone(disabled, [...over, again])).toEqual([]);
});

test.each<[what: string, endpoint: typeof disabled, deliveries: readonly Delivery[]]>([
  ["it is enabled", { enabled: true }, []],
  ["it is disabled because it is FAILING", { ...disabled, disabledReason: "FAILING" }, []],
  ["delivery-1 is PENDING", disabled, [delivery("PENDING")]],
  ["delivery-1 is PENDING WEBHOOK_GONE", disabled, [delivery("PENDING", "WEBHOOK_GONE")]],
  ["delivery-1 is FAILED WEBHOOK_STATUS", disabled, [delivery("FAILED", "WEBHOOK_STATUS")]],
  ["delivery-1 is CANCELLED", disabled, [delivery("CANCELLED")]],
])("finds that %s", (what, endpoint, deliveries) => {
  expect(wrongGone(endpoint, deliveries)).toEqual([what]);
});
