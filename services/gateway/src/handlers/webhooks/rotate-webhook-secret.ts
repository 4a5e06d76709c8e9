import { newWebhookSecret } from "@millrace/shared";
import type { GatewayParts } from "../../gateway-parts.ts";
import { passedOn } from "./passed-on.ts";

/** Makes the new secret if the caller brings none, so that a repeated call to a scheduler rotates once. */
export const rotateWebhookSecret = (parts: GatewayParts) =>
  passedOn(parts, "rotateWebhookSecret", ({ secret, ...request }) => ({
    request: { ...request, secret: secret === "" ? newWebhookSecret(parts.random) : secret },
  }));
