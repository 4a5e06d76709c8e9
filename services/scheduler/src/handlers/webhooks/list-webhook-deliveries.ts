import type { JobRecord } from "@millrace/engine";
import { WebhookDeliveryState } from "@millrace/proto/webhook-endpoint";
import type { ListWebhookDeliveriesRequest } from "@millrace/proto/webhook-service";
import { isUlid, type JobState, type QueueName, WEBHOOK_QUEUE } from "@millrace/shared";
import { assertPageToken } from "../../messages/page-token.ts";
import { jobStatesOf } from "../../messages/webhook-delivery-message.ts";
import { deliveryLabels } from "../../webhooks/delivery-job.ts";
import { deliveryMessages } from "../../webhooks/read-deliveries.ts";
import { webhookHandler } from "../../webhooks/webhook-handler.ts";
import type { WebhookParts } from "../../webhooks/webhook-parts.ts";

const DEFAULT_PAGE_SIZE = 50;

/** Lists deliveries, also those of endpoints that were deleted since. */
export const listWebhookDeliveries = (parts: WebhookParts) =>
  webhookHandler<"listWebhookDeliveries">(async (request, keyId) => {
    const { endpointId, pageSize, pageToken } = request;
    const { engine } = parts;
    assertPageToken("ListWebhookDeliveries", pageToken, isUlid(pageToken));
    const page = await engine.listJobs({
      ...{ keyId, queue: WEBHOOK_QUEUE as QueueName, pageSize: pageSize || DEFAULT_PAGE_SIZE },
      ...statesOf(request),
      ...(endpointId === ""
        ? {}
        : { label: { name: deliveryLabels.endpointId, value: endpointId } }),
      ...(pageToken === "" ? {} : { pageToken }),
    });
    // A page has neither results nor attempts, which say what receivers answered.
    const jobs = await engine.getJobs(
      page.jobs.map(({ id }) => id),
      "attempts",
    );
    const left = jobs.filter((job): job is JobRecord => job !== undefined);
    const deliveries = await deliveryMessages(parts, keyId, left);
    return { deliveries, nextPageToken: page.nextPageToken ?? "" };
  });

function statesOf({ state }: ListWebhookDeliveriesRequest): { states?: readonly JobState[] } {
  if (state === WebhookDeliveryState.UNSPECIFIED) return {};
  const name = WebhookDeliveryState[state] as keyof typeof jobStatesOf;
  return { states: jobStatesOf[name] ?? [] };
}
