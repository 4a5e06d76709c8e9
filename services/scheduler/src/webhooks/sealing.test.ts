import { newWebhookSecret, systemRandom as random } from "@millrace/shared";
import { expect, test } from "vitest";
import { sealingKeys, secretSealer } from "./sealing.ts";

const text = (seed: number) => Buffer.alloc(32, seed).toString("base64");
const sealerOf = (keys: string) => secretSealer({ current: sealingKeys(keys) }, random);

test("after a rotation of sealing keys, the former key opens and the new one seals", async () => {
  const secret = newWebhookSecret(random);
  const before = sealerOf(text(1)).seal(secret, 5);
  const rotating = sealerOf(`${text(2)}\n${text(1)}`);
  expect(rotating.open(before)).toBe(secret);
  const after = rotating.seal(secret, 6);
  expect(sealerOf(text(2)).open(after)).toBe(secret);
  expect(() => sealerOf(text(1)).open(after)).toThrow("MILLRACE_WEBHOOK_KEY");
  const altered = after.sealed.replace(/.(?=.{10}$)/, (was) => (was === "A" ? "B" : "A"));
  expect(() => rotating.open({ ...after, sealed: altered })).toThrow();
  expect(() => sealingKeys("c2hvcnQ=")).toThrow(/^key 1 must be/);
});
