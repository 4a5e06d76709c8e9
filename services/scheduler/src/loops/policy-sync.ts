import type { Engine } from "@millrace/engine";
import { every, type Loop, type LoopOptions } from "@millrace/shared";
import type { LeaseTokens } from "../session/lease-tokens.ts";

/**
 * Completes changes of budgets and accounts that a crash interrupted, and takes back the slices of idle shards. If Redis
 * was emptied, this also stores the secret of lease tokens again, which this scheduler still knows.
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
