import type { WebhookEndpoint } from "@millrace/engine";
import type { QueueName } from "@millrace/shared";
import { webhookEtag } from "../messages/etag.ts";
import { changedMeanwhile } from "../operators/refusals.ts";
import { nameTaken } from "./create-endpoint.ts";
import { closeCircuit } from "./endpoint-circuits.ts";
import { assertReceiver, typesFor } from "./receiver-rules.ts";
import { endpointNotFound, type WebhookParts } from "./webhook-parts.ts";

/** The new values of an endpoint. What is undefined stays as it is. */
export interface EndpointChange {
  readonly url?: string | undefined;
  readonly eventTypes?: readonly string[] | undefined;
  readonly queues?: readonly string[] | undefined;
  readonly name?: string | undefined;
  readonly includeResult?: boolean | undefined;
  readonly enabled?: boolean | undefined;
}

/** Checks a change of an endpoint, and makes it. With an etag it throws CHANGED_MEANWHILE if the endpoint has another one. */
export async function updateEndpoint(
  parts: Pick<WebhookParts, "clock" | "urlProblem"> & {
    readonly engine: Pick<WebhookParts["engine"], "webhookEndpoints" | "providerAccounts">;
  },
  { id, keyId }: Pick<WebhookEndpoint, "id" | "keyId">,
  change: EndpointChange,
  etag = "",
): Promise<WebhookEndpoint> {
  const { engine, clock, urlProblem } = parts;
  const { url, eventTypes, name = "" } = change;
  assertReceiver({ url, eventTypes }, urlProblem, typesFor(keyId));
  const changed = await engine.webhookEndpoints.change(id, (before, others) => {
    if (name !== "" && others.some((one) => one.name === name)) throw nameTaken(name);
    if (etag !== "" && etag !== webhookEtag(before)) {
      throw changedMeanwhile(`webhook endpoint ${id}`);
    }
    return changedEndpoint(before, change, clock.nowMs());
  });
  if (changed === undefined) throw endpointNotFound(id);
  if (url !== undefined || change.enabled !== undefined) await closeCircuit(engine, id);
  return changed;
}

function changedEndpoint(
  before: WebhookEndpoint,
  change: EndpointChange,
  nowMs: number,
): WebhookEndpoint {
  const after: WebhookEndpoint = {
    ...before,
    ...{ url: change.url ?? before.url, eventTypes: change.eventTypes ?? before.eventTypes },
    ...{ name: change.name ?? before.name, enabled: change.enabled ?? before.enabled },
    includeResult: change.includeResult ?? before.includeResult,
    queues: (change.queues as QueueName[] | undefined) ?? before.queues ?? [],
    updatedMs: nowMs,
  };
  if (change.enabled !== true) return after;
  // The five days of failures begin anew.
  const { disabledReason: _, failingSinceMs: __, ...enabled } = after;
  return enabled;
}
