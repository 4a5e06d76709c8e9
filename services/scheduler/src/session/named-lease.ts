import type { LeaseRef } from "@millrace/engine";
import type { LeaseRef as LeaseRefMessage } from "@millrace/proto/worker-service";
import { type RpcFault, rpcError } from "@millrace/runtime";
import { parseJobId } from "@millrace/shared";
import type { WorkerPass } from "../tokens/worker-tokens.ts";
import { type LeaseTokens, NO_TOKEN } from "./lease-tokens.ts";

export const leaseLost = (): RpcFault =>
  rpcError({
    reason: "LEASE_LOST",
    message: "the lease of this attempt is lost: stop the attempt, and forget it",
  });

/**
 * Opens the lease that a worker names in a unary call. Such a call has no hello, so the worker's token alone says which
 * queues it may serve. Throws LEASE_LOST for a forged lease; the engine finds out whether another one is still held.
 */
export function namedLease(
  tokens: LeaseTokens,
  pass: WorkerPass,
  message: LeaseRefMessage | undefined,
): LeaseRef {
  const queue = parseJobId(message?.jobId ?? "")?.queue ?? "";
  const lease = tokens.open(message, new Set(pass.queues ?? [queue]));
  if (lease.token === NO_TOKEN) throw leaseLost();
  return lease;
}
