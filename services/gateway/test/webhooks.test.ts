import { create } from "@bufbuild/protobuf";
import {
  RedeliverWebhooksRequestSchema,
  SendTestEventRequestSchema,
} from "@millrace/proto/webhook-service";
import { rpcError } from "@millrace/runtime";
import { systemClock as clock, type KeyId, systemRandom as random } from "@millrace/shared";
import { expect, onTestFinished, test } from "vitest";
import type { GatewayParts } from "../src/gateway-parts.ts";
import { redeliverWebhooks, sendTestEvent } from "../src/handlers/webhooks/new-delivery.ts";
import { schedulerClient } from "../src/scheduler/scheduler-client.ts";
import { startSchedulerDouble } from "./scheduler-double.ts";

/** A scheduler that answers UNAVAILABLE after it has done the first call of each kind. */
async function setup() {
  const asked: string[] = [];
  const done = async ({ deliveryId }: { readonly deliveryId: string }) => {
    asked.push(deliveryId);
    if (asked.length % 2 === 1)
      throw rpcError({ reason: "STORE_UNAVAILABLE", message: "Redis is away" });
    return {};
  };
  const calls = { sendTestEvent: done, redeliverWebhooks: done };
  const double = await startSchedulerDouble({}, clock, undefined, calls);
  onTestFinished(() => double.close());
  const options = { address: double.address, deadlineMs: 10_000, clock, random };
  const client = schedulerClient(options);
  onTestFinished(() => client.close());
  const parts = { scheduler: client.rpc, clock, random } as GatewayParts;
  const context = { identity: { keyId: "aaaa" as KeyId }, signal: new AbortController().signal };
  return { asked, parts, context: context as never };
}

test("a call that makes a delivery is repeated with the same id, and another call has another id", async () => {
  const { asked, parts, context } = await setup();
  const endpointId = "we_01JDXW5T5Q6M3C9N2V8K4H7R1B";
  const value = "millrace-webhooks~aaaa~01JDXW5T5Q6M3C9N2V8K4H7R1B";
  const sends = create(SendTestEventRequestSchema, { endpointId });
  await sendTestEvent(parts)(sends, context);
  const again = create(RedeliverWebhooksRequestSchema, { what: { case: "deliveryId", value } });
  await redeliverWebhooks(parts)(again, context);
  await sendTestEvent(parts)(sends, context);
  expect(asked).toHaveLength(6);
  const [first, second, third] = [asked.slice(0, 2), asked.slice(2, 4), asked.slice(4)];
  for (const [one, repeated] of [first, second, third]) expect(repeated).toBe(one);
  expect(new Set(asked).size).toBe(3);
  expect(first[0]).toMatch(/^millrace-webhooks~aaaa~[0-9A-Z]{26}$/);
});
