import type { JobId } from "@millrace/shared";
import type { ConstraintKind } from "../lanes/contract.ts";
import { asList, asText } from "../redis/reply.ts";
import type { EndedJob, LastEnd } from "./contract.ts";

/** Reads what ends.identity returns. */
export const endedJob = (jobId: unknown, type: unknown, trace: unknown): EndedJob => ({
  jobId: asText(jobId) as JobId,
  type: asText(type),
  ...(trace === "" ? {} : tracedOf(asList(trace).map(asText))),
});

function tracedOf([traceparent = "", ...fields]: readonly string[]): Partial<EndedJob> {
  const [runAt, submitted, due, end, spent, held = "", started, workerId = ""] = fields;
  const lastEnd = lastEndOf(end);
  return {
    traceparent,
    waited: {
      ...atMs("submittedAtMs", submitted),
      ...atMs("runAtMs", runAt),
      ...atMs("dueAgainMs", due),
      ...(lastEnd === undefined ? {} : { lastEnd }),
      ...atMs("startedAtMs", started),
      spent: Number(spent ?? 0),
      heldBy: held === "" ? [] : (held.split(",") as ConstraintKind[]),
      ...(workerId === "" ? {} : { workerId }),
    },
  };
}

const atMs = <Name extends string>(name: Name, text = ""): { [N in Name]?: number } =>
  text === "" ? {} : ({ [name]: Number(text) } as { [N in Name]?: number });

/** Parses "ms kind". */
export function lastEndOf(field: string | null | undefined): LastEnd | undefined {
  const [, ms, kind] = /^(\d+) (\w+)$/.exec(field ?? "") ?? [];
  return ms === undefined ? undefined : { atMs: Number(ms), kind: kind as LastEnd["kind"] };
}
