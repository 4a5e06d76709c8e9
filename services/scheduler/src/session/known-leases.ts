import type { Engine, LeaseRef } from "@millrace/engine";
import type { HeldLease, HeldLeases } from "./held-leases.ts";
import { NO_TOKEN } from "./lease-tokens.ts";

export type KnownLease = Pick<HeldLease, "job" | "stopping">;

/** Finds what is known of leases: of those from another session, what the store has; of forged ones, nothing. */
export async function knownLeases(
  engine: Pick<Engine, "getJobs">,
  heldLeases: HeldLeases,
  refs: readonly LeaseRef[],
): Promise<readonly (KnownLease | undefined)[]> {
  const held = refs.map((ref) => heldLeases.get(ref));
  const strange = refs
    .filter(({ token }, i) => held[i] === undefined && token !== NO_TOKEN)
    .map(({ jobId }) => jobId);
  if (strange.length === 0) return held;
  const jobs = await engine.getJobs(strange, "summary");
  const stored = new Map(strange.map((jobId, i) => [jobId, jobs[i]]));
  return refs.map(({ jobId, token }, i) => {
    const job = token === NO_TOKEN ? undefined : stored.get(jobId);
    return held[i] ?? (job && { job, stopping: undefined });
  });
}
