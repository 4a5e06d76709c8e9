import type { MessageInitShape } from "@bufbuild/protobuf";
import type { WebhookEndpoint } from "@millrace/engine";
import {
  WebhookDisabledReason,
  type WebhookEndpointSchema,
} from "@millrace/proto/webhook-endpoint";
import { timestampOf } from "@millrace/runtime";
import { webhookEtag } from "./etag.ts";

/** A stored endpoint as its owner sees it. */
export function webhookEndpointMessage(
  endpoint: WebhookEndpoint,
  nowMs: number,
): MessageInitShape<typeof WebhookEndpointSchema> {
  const { id, name, url, eventTypes, includeResult, enabled, secrets } = endpoint;
  const { disabledReason, failingSinceMs } = endpoint;
  const formerMs = formerSecretExpiresMs(secrets, nowMs);
  return {
    ...{ id, name, url, eventTypes: [...eventTypes], includeResult, enabled },
    queues: [...(endpoint.queues ?? [])],
    disabledReason: WebhookDisabledReason[disabledReason ?? "UNSPECIFIED"],
    createTime: timestampOf(endpoint.createdMs),
    updateTime: timestampOf(endpoint.updatedMs),
    secretHint: secrets[0]?.hint ?? "",
    ...(formerMs === undefined ? {} : { formerSecretExpireTime: timestampOf(formerMs) }),
    ...(failingSinceMs === undefined ? {} : { failingSince: timestampOf(failingSinceMs) }),
    etag: webhookEtag(endpoint),
  };
}

/** Until when the former of an endpoint's secrets signs. Undefined if it does not sign any more. */
export function formerSecretExpiresMs(
  [, former]: WebhookEndpoint["secrets"],
  nowMs: number,
): number | undefined {
  const expiresMs = former?.expiresMs;
  return expiresMs === undefined || expiresMs <= nowMs ? undefined : expiresMs;
}
