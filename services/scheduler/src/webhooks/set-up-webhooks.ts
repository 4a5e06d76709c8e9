import { DestinationPolicy } from "@millrace/destinations";
import type { Engine } from "@millrace/engine";
import { keepSecret, type Scope } from "@millrace/runtime";
import type { Random } from "@millrace/shared";
import type { Logger } from "@millrace/telemetry";
import { type SchedulerSettings, sealingKeySource } from "../config.ts";
import { defineWebhookQueue } from "./define-queue.ts";
import { sealingKeys, secretSealer } from "./sealing.ts";
import { urlProblemOf } from "./url-problem.ts";
import { webhookEngine } from "./webhook-engine.ts";
import type { WebhookParts } from "./webhook-parts.ts";

export interface WebhookSetUp {
  readonly scope: Pick<Scope, "defer">;
  readonly config: SchedulerSettings;
  readonly random: Random;
  readonly log: Logger;
}

/** Makes the queue of deliveries. Returns the engine that signs them, and what the handlers of webhooks need. */
export async function setUpWebhooks(
  plain: Engine,
  { scope, config, random, log }: WebhookSetUp,
): Promise<{ readonly engine: Engine; readonly webhooks: WebhookParts }> {
  const { clock } = plain;
  const reload = { clock, log, everyMs: config.secretsReloadMs };
  const keys = keepSecret(scope, sealingKeySource(config), reload, sealingKeys);
  const sealer = keys && secretSealer(keys, random);
  const engine = webhookEngine(plain, {
    ...{ clock, random, sealer, failingMs: config.webhookFailingMs },
    onError: (error) => log.error({ error }, "the end of a webhook request could not be noted"),
  });
  await defineWebhookQueue(engine);
  const urlProblem = urlProblemOf(new DestinationPolicy(config.allowedDestinations));
  const endpointsPerKey = config.webhookEndpointsPerKey;
  return { engine, webhooks: { engine, clock, random, sealer, urlProblem, endpointsPerKey } };
}
