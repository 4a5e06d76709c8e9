import { newWebhookEndpointId, newWebhookSecret } from "@millrace/shared";
import type { GatewayParts } from "../../gateway-parts.ts";
import { passedOn } from "./passed-on.ts";

/** Gives the endpoint its id, and a secret if the caller brings none, so that a repeated call to a scheduler creates it once. */
export const createWebhookEndpoint = (parts: GatewayParts) =>
  passedOn(parts, "createWebhookEndpoint", ({ secret, ...request }) => ({
    endpointId: newWebhookEndpointId(parts.clock.nowMs(), parts.random),
    request: { ...request, secret: secret === "" ? newWebhookSecret(parts.random) : secret },
  }));
