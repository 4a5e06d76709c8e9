import type { SealedSecret } from "@millrace/engine";
import type { StoredDelivery, WebhookRequest } from "@millrace/shared";
import { Webhook } from "standardwebhooks";
import type { SecretSealer } from "./sealing.ts";

const USER_AGENT = "millrace-webhooks/1";

/** Signs a delivery as Standard Webhooks says, with every secret that signs now. Throws if a secret cannot be opened. */
export function signedRequest(
  { event_id: id, body }: Pick<StoredDelivery, "event_id" | "body">,
  url: string,
  secrets: readonly SealedSecret[],
  { sealer, nowMs }: { readonly sealer: SecretSealer; readonly nowMs: number },
): WebhookRequest {
  // A signature is over whole seconds.
  const time = new Date(Math.floor(nowMs / 1_000) * 1_000);
  const signatures = secrets
    .filter(({ expiresMs = Number.POSITIVE_INFINITY }) => expiresMs > nowMs)
    .map((sealed) => new Webhook(sealer.open(sealed)).sign(id, time, body));
  return {
    url,
    headers: {
      "content-type": "application/json",
      "user-agent": USER_AGENT,
      "webhook-id": id,
      "webhook-timestamp": String(time.getTime() / 1_000),
      "webhook-signature": signatures.join(" "),
    },
    body,
  };
}
