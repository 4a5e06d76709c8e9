import type { Lease, LeaseRef, ProviderReport, ProviderVerdict } from "@millrace/engine";
import type { JobId } from "@millrace/shared";
import { expect } from "vitest";
import { FAILURES } from "./world.ts";

/** As the engine has it. */
const PROBE_MS = 120_000;
/** Replicas' clocks differ by no more, either way. */
const SKEW_MS = 6_000;

interface Probe extends LeaseRef {
  readonly atMs: number;
  /** Nothing else was reported of the account since it began. */
  undisturbed: boolean;
}

/**
 * What may be seen of a provider account's circuit: one job alone never opens it, no two probes run at once while it is
 * open, and the success of a probe closes it.
 */
export class Circuit {
  readonly #time: { readonly nowMs: number };
  #open = false;
  #openedMs = 0;
  #mustBeClosed = false;
  #failed: JobId[] = [];
  #probes: Probe[] = [];

  constructor(time: { readonly nowMs: number }) {
    this.#time = time;
  }

  /** The account was removed or made. */
  reset(): void {
    this.#open = false;
    this.#mustBeClosed = false;
    this.#failed = [];
    this.#probes = [];
  }

  started({ jobId, token }: Lease): void {
    if (!this.#open) return;
    this.#lost([jobId]);
    const atMs = this.#time.nowMs;
    this.#probes = this.#probes.filter((probe) => atMs - probe.atMs < PROBE_MS - SKEW_MS);
    expect(this.#probes, "probes that run while another is to start").toEqual([]);
    this.#probes.push({ jobId, token, atMs, undisturbed: true });
  }

  reported(jobId: JobId | undefined, { kind }: ProviderReport, verdict: ProviderVerdict): void {
    this.#mustBeClosed = false;
    for (const probe of this.#probes) if (probe.jobId !== jobId) probe.undisturbed = false;
    if (kind === "failed" && jobId !== undefined) this.#failed.push(jobId);
    // An account does not know who its probe is: whoever began after the pause did speaks for it, one that has lost its
    // lease meanwhile, too.
    if (verdict.kind === "PROBE") this.#probes = [];
    if (!verdict.begun) return;
    if (kind === "failed" && !this.#open) {
      expect(this.#failed.length, "failures that open a circuit").toBeGreaterThanOrEqual(FAILURES);
      expect(new Set(this.#failed).size, "jobs that open a circuit").toBeGreaterThan(1);
    }
    this.#open = true;
    this.#openedMs = this.#time.nowMs;
    this.#failed = [];
  }

  ended({ jobId, token }: LeaseRef, succeeded: boolean): void {
    const probe = this.#probes.find((one) => one.jobId === jobId && one.token === token);
    this.#lost([jobId]);
    if (!succeeded) return;
    this.#failed = [];
    if (probe === undefined) return;
    // From here on the engine may have heard of it.
    this.#open = false;
    // A replica whose clock is ahead may send one before the second of the opening is over, which counts as begun before.
    this.#mustBeClosed = probe.undisturbed && probe.atMs - this.#openedMs > 1_000 + SKEW_MS;
    this.#probes = [];
  }

  lost(jobs: readonly JobId[]): void {
    this.#lost(jobs);
  }

  /** All shards have told the account what they know. */
  synced(state: string | undefined): void {
    if (this.#mustBeClosed) expect(state, "after the success of a probe").toBe("CLOSED");
  }

  #lost(jobs: readonly JobId[]): void {
    this.#probes = this.#probes.filter(({ jobId }) => !jobs.includes(jobId));
  }
}
