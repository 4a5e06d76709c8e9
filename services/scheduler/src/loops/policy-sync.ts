import type { Engine } from "@millrace/engine";
import { every, type Loop, type LoopOptions } from "@millrace/shared";
import type { LeaseTokens } from "../session/lease-tokens.ts";

/** Each of so many rounds looks at all shards, whether anything has changed or not. */
const LOOK_EACH = 6;

/**
 * Completes changes of budgets and accounts that a crash interrupted, and takes back the slices of idle shards. If Redis
 * was emptied, this also stores the secret of lease tokens again, which this scheduler still knows.
 */
export const startPolicySync = (
  engine: Pick<Engine, "syncPolicy" | "leaseSecret">,
  tokens: LeaseTokens,
  options: LoopOptions,
): Loop => {
  let rounds = 0;
  return every(async () => {
    const ifChanged = rounds % LOOK_EACH !== 0;
    await engine.syncPolicy({ ifChanged });
    rounds += 1;
    tokens.secret = await engine.leaseSecret(tokens.secret);
  }, options);
};
