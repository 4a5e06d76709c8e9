import type { Engine } from "@millrace/engine";
import { every, type Loop, type LoopOptions } from "@millrace/shared";
import { forgetIdleCircuits } from "../webhooks/endpoint-circuits.ts";

/** Forgets the circuits of webhook endpoints that say nothing any more: each round looks at some of them. */
export function startCircuits(
  { providerAccounts }: Pick<Engine, "providerAccounts">,
  options: LoopOptions,
): Loop {
  const at = { cursor: "0" };
  return every(() => forgetIdleCircuits(providerAccounts, options.clock.nowMs(), at), options);
}
