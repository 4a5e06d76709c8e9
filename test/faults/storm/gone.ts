/** The endpoint of a storm whose receiver wants no more: Millrace disables it, and its deliveries come to an end. */
import type { WebhookDelivery, WebhookEndpoint } from "@millrace/client";
import { type Clock, sleep } from "@millrace/shared";
import type { Callers } from "./callers.ts";
import type { Ledger } from "./ledger.ts";
import type { Receiver } from "./receiver.ts";

/** After a lost courier or a crash before the 410 was noted, another request is made when the lease has expired. */
const DISABLED_MS = 60_000;
const LOOK_EVERY_MS = 500;
const MOST_NAMED = 20;

export interface GoneOptions {
  readonly endpointId: string;
  readonly callers: Callers;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly receiver: Pick<Receiver, "gone">;
}

/** How the deliveries of the endpoint ended. */
export interface GoneCompared {
  readonly delivered: number;
  /** Those that were answered by 410. */
  readonly gone: number;
  /** Those that were given up without a request. */
  readonly disabled: number;
}

export class GoneEndpoint {
  readonly #options: GoneOptions;
  #requests = 0;

  constructor(options: GoneOptions) {
    this.#options = options;
  }

  /** Waits until the endpoint is disabled and makes no requests, once the faults are over. Later ends must make none. */
  async settle(): Promise<void> {
    const { clock, ledger, receiver } = this.#options;
    // In a very short storm the receiver still wants all of its events.
    if (receiver.gone.refused === 0) return;
    const untilMs = clock.nowMs() + DISABLED_MS;
    for (;;) {
      const wrong = wrongGone(await this.#endpoint(), await this.#deliveries());
      if (wrong.length === 0) break;
      if (clock.nowMs() > untilMs) {
        for (const what of wrong.slice(0, MOST_NAMED)) ledger.complain(`endpoint of 410: ${what}`);
        break;
      }
      await sleep(clock, LOOK_EVERY_MS);
    }
    this.#requests = receiver.gone.requests;
  }

  /** Compares what has happened since `settle`: the events of these later ends have arrived at another endpoint. */
  async compare(laterIds: ReadonlySet<string>): Promise<GoneCompared> {
    const { ledger, receiver } = this.#options;
    const deliveries = await this.#deliveries();
    const { requests, refused } = receiver.gone;
    if (refused > 0) {
      if (requests !== this.#requests) {
        ledger.complain(`${requests - this.#requests} requests to an endpoint that is disabled`);
      }
      const late = deliveries.filter(({ subjectId }) => laterIds.has(subjectId));
      for (const { id } of late) ledger.complain(`${id} is for an endpoint that was disabled`);
    }
    const failed = (reason: string) => deliveries.filter((one) => reasonOf(one) === reason).length;
    return {
      delivered: deliveries.filter(({ state }) => state === "DELIVERED").length,
      ...{ gone: failed("WEBHOOK_GONE"), disabled: failed("ENDPOINT_DISABLED") },
    };
  }

  #endpoint(): Promise<WebhookEndpoint> {
    const { callers, endpointId } = this.#options;
    return callers.retryTransient(() => callers.millrace("free").webhooks.get(endpointId));
  }

  #deliveries(): Promise<WebhookDelivery[]> {
    const { callers, endpointId } = this.#options;
    const filter = { endpointId, pageSize: 500 };
    return callers.retryTransient(() =>
      Array.fromAsync(callers.millrace("free").webhooks.deliveries(filter)),
    );
  }
}

const reasonOf = ({ attempts }: Pick<WebhookDelivery, "attempts">): string | undefined =>
  attempts.at(-1)?.failure?.reason;

/** What is wrong with an endpoint whose receiver has answered 410, and with its deliveries. */
export function wrongGone(
  { enabled, disabledReason }: Pick<WebhookEndpoint, "enabled" | "disabledReason">,
  deliveries: readonly Pick<WebhookDelivery, "id" | "state" | "attempts" | "nextAttemptTime">[],
): readonly string[] {
  const wrong: string[] = [];
  if (enabled || disabledReason !== "GONE") {
    wrong.push(`it is ${enabled ? "enabled" : `disabled because it is ${disabledReason}`}`);
  }
  for (const delivery of deliveries) {
    const { id, state, nextAttemptTime } = delivery;
    const reason = reasonOf(delivery);
    if (state === "DELIVERED") continue;
    if (state === "FAILED" && (reason === "WEBHOOK_GONE" || reason === "ENDPOINT_DISABLED"))
      continue;
    // A courier that was frozen twice has failed twice, so the next attempt, which makes no request, is minutes away.
    if (state === "PENDING" && nextAttemptTime !== undefined && reason === "WEBHOOK_TIMEOUT")
      continue;
    wrong.push(`${id} is ${state} ${reason ?? ""}`.trimEnd());
  }
  return wrong;
}
