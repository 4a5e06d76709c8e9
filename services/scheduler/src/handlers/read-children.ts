import type { MessageInitShape } from "@bufbuild/protobuf";
import type { Engine, GroupChild } from "@millrace/engine";
import { JobState } from "@millrace/proto/job";
import type { ChildUsageSchema, WorkerService } from "@millrace/proto/worker-service";
import { type Handler, rpcError } from "@millrace/runtime";
import { groupChildMessage, groupMessage } from "../messages/group-message.ts";
import { usageMessage } from "../messages/usage-message.ts";
import type { LeaseTokens } from "../session/lease-tokens.ts";
import { leaseLost, namedLease } from "../session/named-lease.ts";
import type { WorkerPass } from "../tokens/worker-tokens.ts";
import { unfinishedStates } from "./groups/unfinished-states.ts";
import { withWholeResults } from "./whole-results.ts";

/** The most children of one page. The engine also ends a page at about 1 MiB of results. */
const PAGE = 1_000;

/** Reads what the children gave that an attempt has waited for, or that it finalizes. */
export const readChildren =
  (
    engine: Pick<Engine, "readChildren" | "getJobs">,
    tokens: LeaseTokens,
  ): Handler<(typeof WorkerService)["method"]["readChildren"], WorkerPass> =>
  async (request, { identity: pass, concerns }) => {
    const { lease: message, ordinal, afterIndex, wholeResults } = request;
    const lease = namedLease(tokens, pass, message);
    concerns(lease.jobId);
    const read = await engine.readChildren(lease, ordinal, afterIndex, PAGE);
    if (read.kind === "leaseLost") throw leaseLost();
    if (read.kind === "notFound") {
      const what =
        ordinal === 0 ? "the job finalizes no group" : `the job has no fan-out ${ordinal}`;
      throw rpcError({ reason: "GROUP_NOT_FOUND", message: what });
    }
    const page = wholeResults ? await withWholeResults(engine, read.children) : read.children;
    const states = await unfinishedStates(engine, page);
    const usages = request.usages ? await childUsages(engine, page) : [];
    return {
      group: groupMessage(read.group),
      children: page.map((child) =>
        groupChildMessage(child, states.get(child.jobId) ?? JobState.UNSPECIFIED),
      ),
      more: read.more || page.length < read.children.length,
      usages,
    };
  };

/** What children have spent, by their jobs. A child whose job is gone is left out. */
async function childUsages(
  engine: Pick<Engine, "getJobs">,
  children: readonly GroupChild[],
): Promise<MessageInitShape<typeof ChildUsageSchema>[]> {
  const ids = children.map(({ jobId }) => jobId);
  const jobs = ids.length === 0 ? [] : await engine.getJobs(ids, "summary");
  return children.flatMap(({ index }, at) => {
    const job = jobs[at];
    if (job === undefined) return [];
    return { index, ...(job.usage === undefined ? {} : { usage: usageMessage(job.usage) }) };
  });
}
