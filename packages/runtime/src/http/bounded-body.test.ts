import { SubmitJobRequestSchema } from "@millrace/proto/job-service";
import { expect, test } from "vitest";
import { boundedBody } from "./bounded-body.ts";

/** Counts the turns of the event loop between the arrival of a body and its decoding. */
async function turnsUntilDecoded(type: string, message: Uint8Array): Promise<number> {
  let turns = 0;
  let decoded = false;
  const onTurn = () => {
    turns += 1;
    if (!decoded) setImmediate(onTurn);
  };
  async function* body() {
    yield message;
  }
  const headers = { get: () => type };
  const limits = { messageBytes: 4 * 1024 * 1024, messageFields: 100 };
  const desc = SubmitJobRequestSchema;
  setImmediate(onTurn);
  for await (const _ of boundedBody(body(), { desc, headers, limits })) decoded = true;
  return turns;
}

const json = (bytes: number) => Buffer.from(`{${" ".repeat(bytes - 2)}}`);
const enveloped = (message: Buffer) => {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
};

test("checks a long message in one turn of the event loop, and decodes it in another", async () => {
  expect(await turnsUntilDecoded("application/json", json(128 * 1024 + 1))).toBe(2);
  const inEnvelope = enveloped(json(128 * 1024 + 1));
  expect(await turnsUntilDecoded("application/connect+json", inEnvelope)).toBe(2);
});

test("waits for no turn for a message that is not long", async () => {
  expect(await turnsUntilDecoded("application/json", json(128 * 1024))).toBe(0);
  expect(await turnsUntilDecoded("application/connect+json", enveloped(json(1_000)))).toBe(0);
});
