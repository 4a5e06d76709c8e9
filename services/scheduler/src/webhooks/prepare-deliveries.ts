import type { Engine, Failure, Lease, Settlement, WebhooksOfKey } from "@millrace/engine";
import {
  type Clock,
  type KeyId,
  newWebhookSecret,
  parseJobId,
  type Random,
  type RefusedWebhook,
  type StoredDelivery,
  WEBHOOK_BACKOFFS_MS,
  WEBHOOK_TEST_TYPE,
  type WebhookRequest,
} from "@millrace/shared";
import { decideRetry } from "../policy/retry-decision.ts";
import type { SecretSealer } from "./sealing.ts";
import { signedRequest } from "./sign.ts";

export interface PrepareParts {
  readonly engine: Pick<Engine, "webhookEndpoints" | "settle">;
  readonly clock: Clock;
  readonly random: Random;
  /** Undefined: no key is configured. */
  readonly sealer: SecretSealer | undefined;
}

/**
 * Replaces the payloads of leased deliveries by what their couriers send. Endpoints are resolved now, so a change of a URL or
 * secret acts on waiting deliveries. A delivery that cannot be signed is tried again later, and is not among the result.
 */
export async function prepareDeliveries(
  parts: PrepareParts,
  leases: readonly Lease[],
): Promise<readonly Lease[]> {
  const keys = [...new Set(leases.map(keyOf))];
  const webhooks = await parts.engine.webhookEndpoints.ofKeys(keys);
  const prepared: Lease[] = [];
  const later: Settlement[] = [];
  for (const lease of leases) {
    const ofKey = webhooks[keys.indexOf(keyOf(lease))];
    try {
      const payload = await payloadOf(
        parts,
        lease,
        ofKey ?? { endpoints: [], callbackSecrets: [] },
      );
      prepared.push({ ...lease, job: { ...lease.job, payloadJson: JSON.stringify(payload) } });
    } catch (error) {
      if (!(error instanceof Unsignable)) throw error;
      later.push(tryLater(lease, error.message, parts.random));
    }
  }
  if (later.length > 0) await parts.engine.settle(later);
  return prepared;
}

const keyOf = ({ jobId }: Lease): KeyId => parseJobId(jobId)?.keyId ?? ("" as KeyId);

class Unsignable extends Error {}

async function payloadOf(
  parts: PrepareParts,
  { jobId, job }: Lease,
  { endpoints, callbackSecrets }: WebhooksOfKey,
): Promise<WebhookRequest | RefusedWebhook> {
  const delivery = JSON.parse(job.payloadJson) as StoredDelivery;
  const { endpoint_id: id, callback_url: callbackUrl, event_type: type } = delivery;
  const signed = (url: string, secrets: WebhooksOfKey["callbackSecrets"]) => {
    const { sealer, clock } = parts;
    if (sealer === undefined) throw new Unsignable("MILLRACE_WEBHOOK_KEY is not set");
    try {
      return signedRequest(delivery, url, secrets, { sealer, nowMs: clock.nowMs() });
    } catch (error) {
      throw new Unsignable((error as Error).message);
    }
  };
  if (callbackUrl !== undefined) {
    const secrets =
      callbackSecrets.length > 0
        ? callbackSecrets
        : await newSecrets(parts, keyOf({ jobId } as Lease));
    return signed(callbackUrl, secrets);
  }
  const endpoint = endpoints.find((one) => one.id === id);
  if (endpoint === undefined) {
    return refused("ENDPOINT_DELETED", `the webhook endpoint ${id} was deleted`);
  }
  if (!endpoint.enabled && type !== WEBHOOK_TEST_TYPE) {
    return refused("ENDPOINT_DISABLED", `the webhook endpoint ${id} is disabled`);
  }
  return signed(endpoint.url, endpoint.secrets);
}

const refused = (reason: string, message: string): RefusedWebhook => ({
  refused: { reason, message },
});

/** The first callback of a key makes the secret that its owner reads with GetCallbackSecret. */
async function newSecrets({ engine, clock, random, sealer }: PrepareParts, keyId: KeyId) {
  const made = sealer?.seal(newWebhookSecret(random), clock.nowMs());
  return engine.webhookEndpoints.callbackSecrets(keyId, made);
}

function tryLater(
  { jobId, token, attempt, job }: Lease,
  message: string,
  random: Random,
): Settlement {
  const failure: Failure = { reason: "WEBHOOK_SECRET_UNREADABLE", message, retryable: true };
  const retryAfterMs = WEBHOOK_BACKOFFS_MS[attempt - 1] ?? 0;
  const decision = decideRetry({ ...job, attempt, retryable: true, retryAfterMs }, random);
  return decision.kind === "fail"
    ? { jobId, token, kind: "fail", state: "FAILED", failure }
    : { jobId, token, kind: "retry", delayMs: decision.delayMs, failure };
}
