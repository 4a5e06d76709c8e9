import type { Engine } from "@millrace/engine";
import type { LeaseTokens } from "../session/lease-tokens.ts";
import { every, type Loop, type LoopOptions } from "./every.ts";

/**
 * Mends what a change of budgets or accounts that died half-way has left, and takes back what idle shards
 * hold. Where Redis was emptied, it also stores the secret of leases again that this scheduler has.
 */
export const startPolicySync = (
  engine: Pick<Engine, "syncPolicy" | "leaseSecret">,
  tokens: LeaseTokens,
  options: LoopOptions,
): Loop =>
  every(async () => {
    await engine.syncPolicy();
    tokens.secret = await engine.leaseSecret(tokens.secret);
  }, options);
