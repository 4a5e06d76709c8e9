import { OPERATOR_KEY, type WebhookEndpoint } from "@millrace/engine";
import { rpcError } from "@millrace/runtime";
import type { KeyId, QueueName } from "@millrace/shared";
import { assertReceiver, typesFor } from "./receiver-rules.ts";
import { sealerOf, type WebhookParts } from "./webhook-parts.ts";

export interface NewEndpoint {
  readonly id: string;
  readonly keyId: KeyId;
  readonly name: string;
  readonly url: string;
  readonly eventTypes: readonly string[];
  /** Empty: all. */
  readonly queues: readonly string[];
  readonly includeResult: boolean;
  readonly secret: string;
  /** Default true. */
  readonly enabled?: boolean;
}

/** Checks a new endpoint, and stores it. Events of jobs that end after it resolves are recorded for it. */
export async function createEndpoint(
  parts: Pick<WebhookParts, "clock" | "sealer" | "urlProblem" | "endpointsPerKey"> & {
    readonly engine: Pick<WebhookParts["engine"], "webhookEndpoints">;
  },
  { enabled = true, secret, ...fields }: NewEndpoint,
): Promise<WebhookEndpoint> {
  const { engine, clock, endpointsPerKey: most } = parts;
  const sealer = sealerOf(parts);
  const { keyId, name, url, eventTypes, queues } = fields;
  assertReceiver({ url, eventTypes, secret }, parts.urlProblem, typesFor(keyId));
  const nowMs = clock.nowMs();
  const endpoint: WebhookEndpoint = {
    ...{ ...fields, enabled, queues: queues as QueueName[] },
    ...{ createdMs: nowMs, updatedMs: nowMs, secrets: [sealer.seal(secret, nowMs)] },
  };
  const { kind } = await engine.webhookEndpoints.create(endpoint, most);
  if (kind === "NAME_TAKEN") throw nameTaken(name);
  if (kind === "FULL") {
    throw rpcError({
      reason: "TOO_MANY_WEBHOOKS",
      message: `${keyId === OPERATOR_KEY ? "operators have" : "the API key has"} ${most} webhook endpoints, the most that are allowed: delete one first (an operator sets the limit by MILLRACE_WEBHOOK_ENDPOINTS_PER_KEY)`,
      metadata: { limit: String(most) },
    });
  }
  return endpoint;
}

export const nameTaken = (name: string) =>
  rpcError({
    reason: "WEBHOOK_NAME_TAKEN",
    message: `name: another webhook endpoint of the API key is named ${JSON.stringify(name)}: use another name, or change that endpoint`,
  });
