import { create } from "@bufbuild/protobuf";
import { errorTypeOf } from "@millrace/job-types";
import { WatchJobRequestSchema } from "@millrace/proto/job-service";
import { WebhookDeliverySchema } from "@millrace/proto/webhook-endpoint";
import {
  GetWebhookDeliveryRequestSchema,
  SendTestEventRequestSchema,
  WebhookService,
} from "@millrace/proto/webhook-service";
import { WEBHOOK_TEST_TYPE } from "@millrace/shared";
import { watchJob } from "../../handlers/watch-job.ts";
import { webhookHandlers } from "../../handlers/webhooks/webhook-handlers.ts";
import type { Context } from "../jobs/run-job.ts";
import { OpenAiFault } from "../openai-fault.ts";
import { jsonWhenReady } from "../streams/keep-alive.ts";
import { assertEndpointId } from "../webhooks/read-endpoint.ts";
import type { OpenAiParts, OpenAiRoute } from "./route-parts.ts";

const unanswered = (message: string) =>
  new OpenAiFault({
    ...{ status: 502, type: errorTypeOf(502), param: null, code: "webhook_unanswered" },
    ...{ message: `the endpoint did not answer the test event: ${message}`, retry: false },
  });

/** Waits for the first request of a delivery. A later one is made although nobody waits for it. */
async function firstAttempt({ parts }: OpenAiParts, deliveryId: string, context: Context) {
  const { getWebhookDelivery } = webhookHandlers(parts);
  const read = create(GetWebhookDeliveryRequestSchema, { deliveryId });
  // A delivery is a job, which changes when a request of it has ended.
  const watch = create(WatchJobRequestSchema, { jobId: deliveryId, fromOffset: 0n });
  for await (const { event } of watchJob(parts)(watch, context)) {
    if (event?.case !== "job") continue;
    const { delivery } = await getWebhookDelivery(read, context);
    const { attempts } = create(WebhookDeliverySchema, delivery);
    const [first] = attempts.filter(({ status, failure }) => status > 0 || failure !== "");
    if (first !== undefined) return first;
  }
  throw unanswered("its delivery was cancelled");
}

/**
 * POST /v1/webhook_endpoints/{id}/test: sends Millrace's test event, whatever type the call names, and answers with the status of
 * the receiver.
 */
export const testWebhookEndpointRoute = (openAi: OpenAiParts): OpenAiRoute => ({
  ...{ method: "POST", path: "/v1/webhook_endpoints/{id}/test" },
  rpc: WebhookService.method.sendTestEvent,
  async handle({ params: { id = "" } }, context) {
    const { parts, clock } = openAi;
    const endpointId = assertEndpointId(id);
    const request = create(SendTestEventRequestSchema, { endpointId });
    const { delivery } = await webhookHandlers(parts).sendTestEvent(request, context);
    const reply = async () => {
      const attempt = await firstAttempt(openAi, delivery?.id ?? "", context);
      if (attempt.status === 0) throw unanswered(attempt.failure);
      const result = {
        ...{ object: "webhook_endpoint.test", webhook_endpoint_id: endpointId, success: true },
        ...{ event_type: WEBHOOK_TEST_TYPE, status_code: attempt.status },
      };
      return { json: JSON.stringify(result), headers: {} };
    };
    return jsonWhenReady(reply(), clock);
  },
});
