import type { Engine, WebhookEndpoints } from "@millrace/engine";
import { type RpcFault, rpcError } from "@millrace/runtime";
import type { Clock, Random } from "@millrace/shared";
import type { SecretSealer } from "./sealing.ts";

/** What the handlers of webhooks are built from. */
export interface WebhookParts {
  readonly engine: Pick<
    Engine,
    "submit" | "getJobs" | "listJobs" | "deadLetters" | "providerAccounts"
  > & {
    readonly webhookEndpoints: WebhookEndpoints;
  };
  readonly clock: Clock;
  readonly random: Random;
  /** Undefined: the operator has not set MILLRACE_WEBHOOK_KEY, so there are no secrets. */
  readonly sealer: SecretSealer | undefined;
  /** Says what is wrong with the URL of a receiver, for its caller. Undefined: nothing. */
  readonly urlProblem: (url: string) => string | undefined;
  /** The most endpoints that one API key may have. */
  readonly endpointsPerKey: number;
}

export const notSetUp = {
  reason: "WEBHOOKS_NOT_SET_UP",
  message:
    "webhooks are not set up: the operator must set MILLRACE_WEBHOOK_KEY, which encrypts their secrets",
} as const;

export function sealerOf({ sealer }: Pick<WebhookParts, "sealer">): SecretSealer {
  if (sealer !== undefined) return sealer;
  throw rpcError(notSetUp);
}

export const endpointNotFound = (id: string): RpcFault =>
  rpcError({ reason: "WEBHOOK_NOT_FOUND", message: `there is no webhook endpoint ${id}` });

export const deliveryNotFound = (id: string): RpcFault =>
  rpcError({ reason: "DELIVERY_NOT_FOUND", message: `there is no webhook delivery ${id}` });
