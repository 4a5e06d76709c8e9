import type { WebhookEndpoint } from "@millrace/engine";
import { endpointNotFound, type WebhookParts } from "../../webhooks/webhook-parts.ts";

/** Reads an endpoint of the key. Throws WEBHOOK_NOT_FOUND for one of another key too, so that no key learns of others' endpoints. */
export async function ownEndpoint(
  { engine }: { readonly engine: Pick<WebhookParts["engine"], "webhookEndpoints"> },
  keyId: string,
  endpointId: string,
): Promise<WebhookEndpoint> {
  const endpoint = await engine.webhookEndpoints.get(endpointId);
  if (endpoint?.keyId !== keyId) throw endpointNotFound(endpointId);
  return endpoint;
}
