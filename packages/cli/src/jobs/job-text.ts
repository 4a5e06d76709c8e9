import type { Job } from "@millrace/client";
import { dollarsText } from "../dollars.ts";
import { printableJson } from "../printable.ts";
import { details } from "../table.ts";
import { timeText } from "../times.ts";

const partOf = (amount: number, what: string) => (amount > 0 ? ` (${amount} ${what})` : "");

const costOf = ({ costMicros, unpricedAttempts = 0 }: NonNullable<Job["usage"]>): string[] => [
  ...(costMicros === undefined ? [] : [`${dollarsText(BigInt(costMicros))} dollars`]),
  ...(unpricedAttempts === 0 ? [] : [`${unpricedAttempts} attempts without a known price`]),
];

const usageText = (usage: NonNullable<Job["usage"]>): string =>
  [
    `${usage.inputTokens} tokens in${partOf(usage.cachedInputTokens, "cached")}`,
    `${usage.outputTokens} out${partOf(usage.reasoningTokens, "for thought")}`,
    `${usage.providerCalls} calls${usage.model === "" ? "" : ` of ${usage.model}`}`,
    ...(usage.computeMs > 0 ? [`${usage.computeMs} ms of CPU`] : []),
    ...costOf(usage),
  ].join(", ");

/** Formats a job for people. Its payload and result are JSON. */
export function jobText(job: Job): string {
  const { failure, usage, labels } = job;
  return details([
    ["id", job.id],
    ["state", job.cancelRequested ? `${job.state}, cancel requested` : job.state],
    ["queue", job.queue],
    ["type", job.type],
    ["priority", String(job.priority)],
    ["attempt", `${job.attempt} of ${job.maxAttempts}`],
    ["pool", job.pool],
    ["model", job.model],
    ["route", job.route && `${job.route.account}, as ${job.route.model}`],
    ["stalls", job.stalls === 0 ? undefined : String(job.stalls)],
    ["bounces", job.bounces === 0 ? undefined : String(job.bounces)],
    ["submitted", timeText(job.submitTime)],
    ["runs at", timeText(job.runAt)],
    ["expires", timeText(job.expiresAt)],
    ["deadline", timeText(job.deadline)],
    ["started", timeText(job.startTime)],
    ["finished", timeText(job.finishTime)],
    ["documents", job.documentIds.length === 0 ? undefined : job.documentIds.join(" ")],
    [
      "labels",
      Object.entries(labels)
        .map(([name, value]) => `${name}=${value}`)
        .join(" ") || undefined,
    ],
    ["redriven from", job.redrivenFrom],
    ["group", job.groupId],
    ["schedule", job.scheduleId],
    ["due", timeText(job.scheduleDueTime)],
    ["callback", job.callback?.url],
    [
      "waits for",
      job.state === "WAITING" ? `the children of ${job.childGroupIds.at(-1)}` : undefined,
    ],
    ["usage", usage && usageText(usage)],
    ["failure", failure && `${failure.reason}: ${failure.message}`],
    ["payload", job.payload === undefined ? undefined : printableJson(job.payload)],
    ["result", job.result === undefined ? undefined : printableJson(job.result)],
  ]);
}
