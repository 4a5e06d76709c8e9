/**
 * The circuits of endpoints. The pool of a delivery is its endpoint, or the server of a callback. Pools have provider accounts, so
 * an endpoint cools down, and has a circuit, as a model provider does: packages/engine/src/accounts.
 */
import type { Engine, ProviderAccountStatus } from "@millrace/engine";
import { WEBHOOK_POOL_PREFIX } from "@millrace/shared";
import { together } from "../loops/each-queue.ts";
import { isIdle } from "../policy/idle-circuit.ts";

type Accounts = Engine["providerAccounts"];

export const poolOf = (endpointId: string): string => `${WEBHOOK_POOL_PREFIX}${endpointId}`;
export const isEndpointPool = (pool: string): boolean => pool.startsWith(WEBHOOK_POOL_PREFIX);

/**
 * Wraps provider accounts for what attempts of deliveries report. The wait that a failed request carries is that of its own
 * delivery, and not of the endpoint. A probe that fails is one of the requests of its delivery's schedule, so the delivery
 * waits by the schedule: deliveries to a dead endpoint end.
 */
export const endpointAccounts = (accounts: Accounts): Accounts => ({
  ...accounts,
  async report(pool, report) {
    if (!isEndpointPool(pool) || report.kind !== "failed") return accounts.report(pool, report);
    const verdict = await accounts.report(pool, { ...report, askedMs: 0 });
    return verdict.kind === "PROBE" ? { ...verdict, kind: "COUNTED" } : verdict;
  },
});

/** Why no request is made to an endpoint now. Undefined: requests are made. */
export async function pauseOf(
  { providerAccounts }: { readonly providerAccounts: Pick<Accounts, "get"> },
  endpointId: string,
): Promise<ProviderAccountStatus | undefined> {
  const status = await providerAccounts.get(poolOf(endpointId));
  return status === undefined || status.state === "CLOSED" ? undefined : status;
}

/** Closes an endpoint's circuit: its owner has changed it, or it is disabled, so that its deliveries are refused at once. */
export async function closeCircuit(
  { providerAccounts }: { readonly providerAccounts: Pick<Accounts, "get" | "delete"> },
  endpointId: string,
): Promise<void> {
  const pool = poolOf(endpointId);
  if ((await providerAccounts.get(pool)) !== undefined) await providerAccounts.delete(pool);
}

/** Where a round goes on. */
export interface CircuitCursor {
  cursor: string;
}

/**
 * Forgets circuits that say nothing any more, because callers make as many as they name servers. A call looks at a page of
 * them, because there may be thousands. One that fails keeps no other from being forgotten: what failed is thrown at the end.
 */
export async function forgetIdleCircuits(
  accounts: Pick<Accounts, "circuits" | "delete">,
  nowMs: number,
  at: CircuitCursor = { cursor: "0" },
): Promise<void> {
  const { cursor, circuits } = await accounts.circuits(at.cursor);
  at.cursor = cursor;
  const idle = circuits.filter((status) => isIdle(status, nowMs));
  const failed: unknown[] = [];
  for (const { account } of idle) {
    await accounts.delete(account.name).catch((error: unknown) => failed.push(error));
  }
  const error = together(failed, "circuits");
  if (error !== undefined) throw error;
}
