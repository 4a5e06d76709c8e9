import type { JobSpec } from "@millrace/proto/job";
import type { SubmitResult } from "@millrace/proto/job-service";
import { fromRpcStatus } from "@millrace/runtime";
import {
  addSpanEvent,
  attributeNames,
  describeSpan,
  isRecording,
  linkSpan,
  MESSAGING_SYSTEM,
  messagingOperations,
  spanEvents,
  type TraceHeaders,
} from "@millrace/telemetry";

/** A span keeps at most 128 events. A stream submits many times. */
const REFUSALS = 20;

/** The trace that a job carries. */
export const tracesOf = ({ traceparent, tracestate }: JobSpec): TraceHeaders => ({
  ...(traceparent === "" ? {} : { traceparent, tracestate }),
});

/** Describes on the call's span which jobs it submits, and links the span to the traces of these jobs. */
export function describeSubmission(specs: readonly JobSpec[]): void {
  if (!isRecording()) return;
  const queues = new Set(specs.map(({ queue }) => queue));
  const [queue] = queues;
  describeSpan({
    [attributeNames.messagingSystem]: MESSAGING_SYSTEM,
    [attributeNames.messagingOperation]: messagingOperations.send,
    [attributeNames.messagingOperationType]: messagingOperations.send,
    [attributeNames.messagingBatch]: specs.length,
    // A destination is given only if it is the same for all.
    ...(queue === undefined || queues.size > 1
      ? {}
      : { [attributeNames.messagingDestination]: queue }),
  });
  linkSpan(specs.map(tracesOf));
}

/** Adds the jobs that were refused to the call's span, each with its reason. */
export function describeRefusals(
  specs: readonly JobSpec[],
  results: readonly SubmitResult[],
): void {
  if (!isRecording()) return;
  const refused = results.flatMap(({ result }, index) =>
    result.case === "error" ? [{ index, fault: fromRpcStatus(result.value) }] : [],
  );
  if (refused.length === 0) return;
  describeSpan({ [attributeNames.refusedJobs]: refused.length });
  for (const { index, fault } of refused.slice(0, REFUSALS)) {
    addSpanEvent(spanEvents.jobRefused, {
      [attributeNames.jobIndex]: index,
      [attributeNames.jobType]: specs[index]?.type ?? "",
      [attributeNames.reason]: fault.reason ?? "",
    });
  }
}
