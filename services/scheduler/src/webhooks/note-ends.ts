import type { Engine, Settlement, WebhookEndpoint } from "@millrace/engine";
import type { Clock } from "@millrace/shared";
import { decideHealth, type RequestEnd } from "../policy/endpoint-health.ts";
import { deliveryLabels } from "./delivery-job.ts";
import { closeCircuit } from "./endpoint-circuits.ts";

export interface NoteEndsParts {
  readonly engine: Pick<Engine, "webhookEndpoints" | "getJobs" | "changeLog" | "providerAccounts">;
  readonly clock: Clock;
  /** How long every request to an endpoint must have failed before it is disabled. */
  readonly failingMs: number;
}

/** The name under which Millrace itself appears in the change log. */
const ACTOR = "millrace";

/** Notes at endpoints how their requests ended. `settlements` are of attempts that have just ended. */
export async function noteEnds(
  parts: NoteEndsParts,
  settlements: readonly Settlement[],
): Promise<void> {
  const ended = settlements.flatMap((settlement) => {
    const end = endOf(settlement);
    return end === undefined ? [] : [{ jobId: settlement.jobId, end }];
  });
  if (ended.length === 0) return;
  const jobs = await parts.engine.getJobs(
    ended.map(({ jobId }) => jobId),
    "summary",
  );
  for (const [index, { end }] of ended.entries()) {
    const endpointId = jobs[index]?.labels[deliveryLabels.endpointId];
    if (endpointId !== undefined) await noteEnd(parts, endpointId, end);
  }
}

/** How the request of an attempt ended; undefined if the attempt made none, or its end is open. */
function endOf(settlement: Settlement): RequestEnd | undefined {
  if (settlement.kind === "complete") return "delivered";
  if (!("failure" in settlement)) return undefined;
  const { reason } = settlement.failure;
  if (reason === "WEBHOOK_GONE") return "gone";
  return reason.startsWith("WEBHOOK_") && reason !== "WEBHOOK_SECRET_UNREADABLE"
    ? "failed"
    : undefined;
}

async function noteEnd(
  { engine, clock, failingMs }: NoteEndsParts,
  endpointId: string,
  end: RequestEnd,
): Promise<void> {
  const nowMs = clock.nowMs();
  let disabled: WebhookEndpoint["disabledReason"];
  const endpoint = await engine.webhookEndpoints.change(endpointId, (before) => {
    disabled = undefined;
    const decision = decideHealth(before, end, nowMs, failingMs);
    if (decision.kind === "same") return before;
    if (decision.kind === "failing") {
      const { failingSinceMs: _, ...rest } = before;
      const { sinceMs } = decision;
      return sinceMs === undefined ? rest : { ...rest, failingSinceMs: sinceMs };
    }
    disabled = decision.reason;
    return { ...before, enabled: false, disabledReason: disabled, updatedMs: nowMs };
  });
  if (endpoint === undefined || disabled === undefined) return;
  // What was disabled is in the change log, whatever fails after that: this end is not noted again.
  const detailJson = JSON.stringify({ keyId: endpoint.keyId, reason: disabled });
  await engine.changeLog.append({
    ...{ actor: ACTOR, action: "DisableWebhookEndpoint", subject: endpointId, detailJson },
  });
  await closeCircuit(engine, endpointId);
}
