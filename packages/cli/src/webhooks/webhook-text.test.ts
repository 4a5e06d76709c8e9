import type { WebhookEndpoint, WebhookPause } from "@millrace/client";
import { expect, test } from "vitest";
import { stateText } from "./webhook-text.ts";

const state = (pause?: WebhookPause) => stateText({ enabled: true, pause } as WebhookEndpoint);

test("the state of an endpoint says when the next request is made during a pause", () => {
  expect(state()).toBe("enabled");
  const until = new Date(0);
  expect(state({ reason: "BUSY", until })).toBe(
    "paused: the receiver is busy, next request 1970-01-01 00:00:00Z",
  );
  expect(state({ reason: "FAILING" })).toBe(
    "paused: requests fail, the next event is sent at once",
  );
});
