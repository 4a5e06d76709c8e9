import type {
  WebhookAttempt,
  WebhookDelivery,
  WebhookEndpoint,
  WebhookPause,
} from "@millrace/client";
import { note, writeJson, writeText } from "../output.ts";
import { printableJson } from "../printable.ts";
import type { Shell } from "../shell.ts";
import { details, table } from "../table.ts";
import { timeText } from "../times.ts";

/** `enabled`, or why it is not. */
export const stateText = ({ enabled, disabledReason: reason, pause }: WebhookEndpoint): string => {
  if (enabled) return pause === undefined ? "enabled" : pauseText(pause);
  if (reason === "GONE") return "disabled: the receiver answered 410 Gone";
  return reason === "FAILING" ? "disabled: requests failed for days" : "disabled";
};

const pauseText = ({ reason, until }: WebhookPause): string => {
  const why = reason === "BUSY" ? "the receiver is busy" : "requests fail";
  const next =
    until === undefined ? "the next event is sent at once" : `next request ${timeText(until)}`;
  return `paused: ${why}, ${next}`;
};

/** Formats an endpoint for people. */
export const endpointText = (endpoint: WebhookEndpoint): string =>
  details([
    ["id", endpoint.id],
    ["name", endpoint.name || undefined],
    ["url", endpoint.url],
    ["events", typesText(endpoint)],
    ["queues", queuesText(endpoint)],
    ["state", stateText(endpoint)],
    ["includes results", endpoint.includeResult ? "yes" : undefined],
    ["failing since", timeText(endpoint.failingSince)],
    ["secret", `ends with ${endpoint.secretHint}`],
    ["former secret", formerText(endpoint.formerSecretExpireTime)],
    ["created", timeText(endpoint.createTime)],
    ["updated", timeText(endpoint.updateTime)],
  ]);

export const typesText = ({ eventTypes }: WebhookEndpoint): string =>
  eventTypes.length === 0 ? "all" : eventTypes.join(" ");

export const queuesText = ({ queues }: WebhookEndpoint): string =>
  queues.length === 0 ? "all" : queues.join(" ");

const formerText = (time: Date | undefined): string | undefined =>
  time === undefined ? undefined : `signs until ${timeText(time)}`;

/** Writes a secret to standard output alone, so that it can be piped. */
export function showSecret(
  shell: Shell,
  { json }: { readonly json?: boolean },
  shown: object & { readonly secret: string },
): void {
  if (json) {
    writeJson(shell, shown);
    return;
  }
  writeText(shell, shown.secret);
  note(shell, "This is the secret that verifies requests. It is not shown again.");
}

/** Formats a delivery with its requests for people. */
export function deliveryText(delivery: WebhookDelivery): string {
  const { attempts, body } = delivery;
  const properties = details([
    ["id", delivery.id],
    ["state", delivery.state],
    ["event", `${delivery.eventType} ${delivery.eventId}`],
    ["about", delivery.subjectId],
    ["endpoint", delivery.endpointId],
    ["url", delivery.url],
    ["recorded", timeText(delivery.createTime)],
    ["next request", timeText(delivery.nextAttemptTime)],
    ["body", body === undefined ? undefined : printableJson(body)],
  ]);
  if (attempts.length === 0) return properties;
  const rows = attempts.map((one) => [
    ...[String(one.attempt), timeText(one.startTime) ?? "", answerText(one)],
    ...[one.latencyMs === undefined ? "" : `${one.latencyMs} ms`, one.answer],
  ]);
  return `${properties}\n\n${table(["#", "STARTED", "ANSWER", "TOOK", "BODY"], rows)}`;
}

/** `200`, or the failure of a request. */
export const answerText = ({ status, failure }: WebhookAttempt): string =>
  failure === undefined ? String(status ?? "") : `${failure.reason}: ${failure.message}`;
