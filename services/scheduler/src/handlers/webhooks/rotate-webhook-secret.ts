import type { SealedSecret } from "@millrace/engine";
import { timestampOf } from "@millrace/runtime";
import type { KeyId } from "@millrace/shared";
import { formerSecretExpiresMs } from "../../messages/webhook-endpoint-message.ts";
import { assertReceiver } from "../../webhooks/receiver-rules.ts";
import { type Rotation, rotatedSecrets } from "../../webhooks/rotated-secrets.ts";
import { webhookHandler } from "../../webhooks/webhook-handler.ts";
import { endpointNotFound, sealerOf, type WebhookParts } from "../../webhooks/webhook-parts.ts";
import { ownEndpoint } from "./own-endpoint.ts";

/** Rotates the secret of an endpoint, or of the key's callbacks. */
export const rotateWebhookSecret = (parts: WebhookParts) =>
  webhookHandler<"rotateWebhookSecret">(async ({ endpointId, secret, revokeFormer }, keyId) => {
    assertReceiver({ secret }, parts.urlProblem);
    const nowMs = parts.clock.nowMs();
    const rotation = { secret, revokeFormer, nowMs };
    const secrets =
      endpointId === ""
        ? await rotateCallbacks(parts, keyId, rotation)
        : await rotateEndpoint(parts, keyId, endpointId, rotation);
    const formerMs = formerSecretExpiresMs(secrets, nowMs);
    return {
      secret,
      ...(formerMs === undefined ? {} : { formerSecretExpireTime: timestampOf(formerMs) }),
    };
  });

async function rotateEndpoint(
  parts: WebhookParts,
  keyId: KeyId,
  endpointId: string,
  rotation: Rotation,
): Promise<readonly SealedSecret[]> {
  const sealer = sealerOf(parts);
  await ownEndpoint(parts, keyId, endpointId);
  const changed = await parts.engine.webhookEndpoints.change(endpointId, (before) => ({
    ...before,
    secrets: rotatedSecrets(before.secrets, sealer, rotation),
    updatedMs: rotation.nowMs,
  }));
  if (changed === undefined) throw endpointNotFound(endpointId);
  return changed.secrets;
}

function rotateCallbacks(
  parts: WebhookParts,
  keyId: KeyId,
  rotation: Rotation,
): Promise<readonly SealedSecret[]> {
  const sealer = sealerOf(parts);
  return parts.engine.webhookEndpoints.changeCallbackSecrets(keyId, (before) =>
    rotatedSecrets(before, sealer, rotation),
  );
}
