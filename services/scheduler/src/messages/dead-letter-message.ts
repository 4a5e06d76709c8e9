import type { AttemptRecord, DeadLetter, DeadLetterFilter } from "@millrace/engine";
import type { DeadLetterFilter as FilterMessage } from "@millrace/proto/admin-service";
import { timeMs, timestampOf } from "@millrace/runtime";
import { isJobId, isQueueName, type KeyId } from "@millrace/shared";
import { jobMessage } from "./job-message.ts";
import { usageMessage } from "./usage-message.ts";

/** A dead letter as operators see it. */
export const deadLetterMessage = ({ job, attempts, diedAtMs }: DeadLetter) => ({
  job: jobMessage(job),
  attempts: attempts.map(attemptMessage),
  deadTime: timestampOf(diedAtMs),
});

const attemptMessage = (record: AttemptRecord) => ({
  attempt: record.attempt,
  workerId: record.workerId ?? "",
  ...(record.startedAtMs === undefined ? {} : { startTime: timestampOf(record.startedAtMs) }),
  endTime: timestampOf(record.endedAtMs),
  failure: { ...record.failure },
  ...(record.usage === undefined ? {} : { usage: usageMessage(record.usage) }),
});

/** Reads which dead letters an operator means. */
export function deadLetterFilterOf(filter: FilterMessage | undefined): DeadLetterFilter {
  const queue = filter?.queue ?? "";
  if (filter === undefined || !isQueueName(queue)) {
    throw new Error(`validation accepted the queue name ${queue}`);
  }
  const { jobIds, keyId, type, reason, deadSince, deadBefore } = filter;
  return {
    queue,
    ...(jobIds.length === 0 ? {} : { ids: jobIds.filter(isJobId) }),
    ...(keyId === "" ? {} : { keyId: keyId as KeyId }),
    ...(type === "" ? {} : { type }),
    ...(reason === "" ? {} : { reason }),
    ...(deadSince === undefined ? {} : { sinceMs: timeMs(deadSince) }),
    ...(deadBefore === undefined ? {} : { beforeMs: timeMs(deadBefore) }),
  };
}
