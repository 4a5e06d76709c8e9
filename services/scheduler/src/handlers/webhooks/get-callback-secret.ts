import { newWebhookSecret } from "@millrace/shared";
import { webhookHandler } from "../../webhooks/webhook-handler.ts";
import { sealerOf, type WebhookParts } from "../../webhooks/webhook-parts.ts";

/** Returns the secret of the key's callbacks. The first call, or the first delivery of a callback, makes it. */
export const getCallbackSecret = (parts: WebhookParts) =>
  webhookHandler<"getCallbackSecret">(async (_, keyId) => {
    const sealer = sealerOf(parts);
    const { engine, random, clock } = parts;
    const made = sealer.seal(newWebhookSecret(random), clock.nowMs());
    const [secret] = await engine.webhookEndpoints.callbackSecrets(keyId, made);
    if (secret === undefined) throw new Error(`the callbacks of ${keyId} have no secret`);
    return { secret: sealer.open(secret) };
  });
