import { DestinationPolicy, dnsResolver, systemResolver } from "@millrace/destinations";
import type { Scope } from "@millrace/runtime";
import { WEBHOOK_QUEUE, WEBHOOK_TYPE } from "@millrace/shared";
import type { Logger, WorkerMetrics } from "@millrace/telemetry";
import { type RunningWorker, startWorker } from "@millrace/worker-sdk";
import type { WorkerConfig } from "../config.ts";
import { observeAttempts } from "../executors/observed.ts";
import { webhookExecutor } from "../executors/webhook.ts";
import type { WorkerLink } from "../worker-link.ts";
import { Connections } from "./connections.ts";

/** How many idle connections to receivers are kept. One takes about 20 KB, with TLS about 60 KB. */
const MAX_IDLE = 256;

export interface CourierParts {
  readonly metrics: WorkerMetrics;
  readonly log: Logger;
  readonly link: WorkerLink;
}

/**
 * Starts the courier: a worker of its own in this process, which sends webhooks. Requests wait for receivers and need many
 * slots, and long jobs of other queues must not take these.
 */
export function startCourier(
  scope: Scope,
  config: WorkerConfig,
  { metrics, log, link }: CourierParts,
): RunningWorker {
  const { clock, random } = link;
  const slots = config.webhookSlots;
  const policy = new DestinationPolicy(config.allowedDestinations);
  const connections = new Connections({
    ...{ policy, maxIdle: MAX_IDLE, resolveNamed: systemResolver },
    resolve: dnsResolver(config.webhookDnsServers),
  });
  scope.use(connections);
  const execute = webhookExecutor({
    ...{ policy, connections, clock, random, metrics, timeoutMs: config.webhookTimeoutMs },
  });
  // Operators see two workers, if this process serves other queues, too.
  const isAlone = config.queues.every((queue) => queue === WEBHOOK_QUEUE);
  const workerId = isAlone ? link.workerId : `${link.workerId.slice(0, 120)}-courier`;
  const observed = observeAttempts({ metrics, log, clock, slots, serves: "webhooks", workerId });
  return startWorker({
    ...{ ...link, workerId },
    ...{ queues: [WEBHOOK_QUEUE], slots, executors: { [WEBHOOK_TYPE]: observed(execute) } },
  });
}
