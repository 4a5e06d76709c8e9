import type { Engine } from "@millrace/engine";
import { DestinationPolicy } from "@millrace/destinations";
import { type Clock, systemRandom as random } from "@millrace/shared";
import { urlProblemOf } from "../src/webhooks/url-problem.ts";
import type { WebhookParts } from "../src/webhooks/webhook-parts.ts";

/** Webhooks of a scheduler whose operator has not set them up. */
export const noWebhooks = (engine: Engine, clock: Clock): WebhookParts => ({
  ...{ engine, clock, random, sealer: undefined, endpointsPerKey: 50 },
  urlProblem: urlProblemOf(new DestinationPolicy([])),
});
