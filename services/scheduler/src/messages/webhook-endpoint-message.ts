import type { MessageInitShape } from "@bufbuild/protobuf";
import type { ProviderAccountStatus, WebhookEndpoint } from "@millrace/engine";
import {
  WebhookDisabledReason,
  type WebhookEndpointSchema,
  WebhookPauseReason,
  type WebhookPauseSchema,
} from "@millrace/proto/webhook-endpoint";
import { timestampOf } from "@millrace/runtime";
import { webhookEtag } from "./etag.ts";

/** A stored endpoint as its owner sees it. `paused` is the state of its pool, unless that is closed. */
export function webhookEndpointMessage(
  endpoint: WebhookEndpoint,
  nowMs: number,
  paused?: ProviderAccountStatus,
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
    ...(paused === undefined ? {} : { pause: pauseMessage(paused) }),
    ...(failingSinceMs === undefined ? {} : { failingSince: timestampOf(failingSinceMs) }),
    etag: webhookEtag(endpoint),
  };
}

function pauseMessage({
  coolDownReason,
  coolDownSinceMs,
  coolUntilMs,
}: ProviderAccountStatus): MessageInitShape<typeof WebhookPauseSchema> {
  const { BUSY, FAILING } = WebhookPauseReason;
  return {
    reason: coolDownReason === "failed" ? FAILING : BUSY,
    ...(coolDownSinceMs === undefined ? {} : { since: timestampOf(coolDownSinceMs) }),
    ...(coolUntilMs === undefined ? {} : { until: timestampOf(coolUntilMs) }),
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
