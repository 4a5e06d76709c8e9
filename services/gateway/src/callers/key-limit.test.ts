import type { KeyId } from "@millrace/shared";
import { expect, test } from "vitest";
import { openStreams, openSubmissions, openUploads } from "./key-limit.ts";

const [shop, mail] = ["shop", "mail"] as unknown as readonly [KeyId, KeyId];

test("allows a key as many open streams as the limit, and not one more", () => {
  const streams = openStreams(2);
  const first = streams.enter(shop);
  streams.enter(shop);
  expect(() => streams.enter(shop)).toThrow(
    "has 2 streams and waiting calls open at this gateway, and the limit is 2",
  );
  first[Symbol.dispose]();
  streams.enter(shop);
  expect(() => streams.enter(shop)).toThrow(
    expect.objectContaining({ reason: "TOO_MANY_STREAMS", metadata: { limit: "2" } }),
  );
});

test("counts each key separately, and each stream's end once", () => {
  const streams = openStreams(1);
  const only = streams.enter(shop);
  streams.enter(mail);
  only[Symbol.dispose]();
  only[Symbol.dispose]();
  streams.enter(shop);
  expect(() => streams.enter(shop)).toThrow("streams and waiting calls open");
});

test("allows a key as many concurrent submissions as the limit, and not one more", () => {
  const submissions = openSubmissions(5);
  const three = submissions.enter(shop, 3);
  const tooMany = expect.objectContaining({
    reason: "TOO_MANY_SUBMISSIONS",
    metadata: { limit: "5" },
    retryDelayMs: 1_000,
  });
  expect(() => submissions.enter(shop, 3)).toThrow(tooMany);
  const two = submissions.enter(shop, 2);
  expect(() => submissions.check(shop)).toThrow(tooMany);
  submissions.check(mail);
  two[Symbol.dispose]();
  submissions.check(shop);
  three[Symbol.dispose]();
  // A call with more jobs than the limit is accepted if the key has no other submission.
  submissions.enter(shop, 9);
  expect(() => submissions.enter(shop)).toThrow(
    "this gateway is submitting 9 jobs of this API key",
  );
});

test("allows a key as many open uploads as the limit, and not one more", () => {
  const uploads = openUploads(2);
  uploads.enter(shop);
  const second = uploads.enter(shop);
  expect(() => uploads.enter(shop)).toThrow(
    expect.objectContaining({ reason: "TOO_MANY_UPLOADS", retryDelayMs: 2_000 }),
  );
  uploads.enter(mail);
  second[Symbol.dispose]();
  uploads.enter(shop);
});
