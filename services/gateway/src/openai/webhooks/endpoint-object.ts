import type { MessageInitShape } from "@bufbuild/protobuf";
import { create } from "@bufbuild/protobuf";
import { WebhookEndpointSchema } from "@millrace/proto/webhook-endpoint";
import { timeMs } from "@millrace/runtime";
import type { JsonObject } from "../jobs/read-call.ts";

const MS = 1_000;

/** A webhook endpoint as OpenAI's API shows it. One that receives all types of Millrace's events names none. */
export function endpointObject(
  message: MessageInitShape<typeof WebhookEndpointSchema> | undefined,
): JsonObject {
  const endpoint = create(WebhookEndpointSchema, message);
  const { id, name, url, eventTypes, createTime, updateTime, secretHint } = endpoint;
  const secondsOf = (time: typeof createTime) =>
    time === undefined ? 0 : Math.floor(timeMs(time) / MS);
  return {
    ...{ id, object: "webhook_endpoint", name, url, event_types: eventTypes },
    ...{ created_at: secondsOf(createTime), updated_at: secondsOf(updateTime) },
    signing_secret_hint: secretHint === "" ? null : secretHint,
  };
}
