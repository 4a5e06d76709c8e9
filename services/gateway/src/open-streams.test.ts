import type { KeyId } from "@millrace/shared";
import { expect, test } from "vitest";
import { openStreams } from "./open-streams.ts";

const [shop, mail] = ["shop", "mail"] as unknown as readonly [KeyId, KeyId];

test("a key may have as many streams open as the limit, and not one more", () => {
  const streams = openStreams(2);
  const first = streams.enter(shop);
  streams.enter(shop);
  expect(() => streams.enter(shop)).toThrow("has 2 streams open at this gateway, and may have 2");
  first[Symbol.dispose]();
  streams.enter(shop);
  expect(() => streams.enter(shop)).toThrow(
    expect.objectContaining({ reason: "TOO_MANY_STREAMS", metadata: { limit: "2" } }),
  );
});

test("keys are counted each for itself, and a stream leaves once", () => {
  const streams = openStreams(1);
  const only = streams.enter(shop);
  streams.enter(mail);
  only[Symbol.dispose]();
  only[Symbol.dispose]();
  streams.enter(shop);
  expect(() => streams.enter(shop)).toThrow("streams open");
});
