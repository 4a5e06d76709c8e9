import type { Engine, GroupChild } from "@millrace/engine";

/** A page ends after the child with which it has so many bytes of results. A result has at most as many. */
const PAGE_BYTES = 1_048_576;

/**
 * Reads the results that are too long to be kept with the group, from their jobs. A job that is gone leaves its child
 * without a result. Returns as many children as one message holds: at least the first.
 */
export async function withWholeResults(
  engine: Pick<Engine, "getJobs">,
  children: readonly GroupChild[],
): Promise<readonly GroupChild[]> {
  const page: GroupChild[] = [];
  let bytes = 0;
  for (const child of children) {
    if (bytes >= PAGE_BYTES) break;
    const whole = await withResult(engine, child);
    bytes += Buffer.byteLength(whole.resultJson ?? "");
    page.push(whole);
  }
  return page;
}

async function withResult(engine: Pick<Engine, "getJobs">, child: GroupChild): Promise<GroupChild> {
  if (child.state !== "SUCCEEDED" || child.resultJson !== undefined) return child;
  const [job] = await engine.getJobs([child.jobId], "noPayload");
  const { resultJson } = job ?? {};
  return resultJson === undefined ? child : { ...child, resultJson };
}
