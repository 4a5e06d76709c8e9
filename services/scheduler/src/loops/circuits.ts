import type { Engine } from "@millrace/engine";
import { every, type Loop, type LoopOptions } from "@millrace/shared";
import { forgetIdleCircuits } from "../webhooks/endpoint-circuits.ts";

/** Forgets the circuits of webhook endpoints that say nothing any more. */
export const startCircuits = (
  { providerAccounts }: Pick<Engine, "providerAccounts">,
  options: LoopOptions,
): Loop => every(() => forgetIdleCircuits(providerAccounts, options.clock.nowMs()), options);
