import type { Lease, LeaseRef, ProviderReport, ProviderVerdict } from "@millrace/engine";
import type { JobId } from "@millrace/shared";
import { expect } from "vitest";
import { FAILURES } from "./world.ts";

/** The engine's time limit of a probe. */
const PROBE_MS = 120_000;
/** The largest difference of the replicas' clocks, in either direction. */
const SKEW_MS = 6_000;

interface Probe extends LeaseRef {
  readonly atMs: number;
  /** True if nothing else was reported about the account since the probe began. */
  undisturbed: boolean;
}

/**
 * A model of a provider account's circuit breaker, as seen from outside. One job alone never opens it. While it
 * is open, at most one probe runs at a time. A probe's success closes it.
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

  /** The account was deleted or defined. */
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
    expect(this.#probes, "probes that run when another starts").toEqual([]);
    this.#probes.push({ jobId, token, atMs, undisturbed: true });
  }

  reported(jobId: JobId | undefined, { kind }: ProviderReport, verdict: ProviderVerdict): void {
    this.#mustBeClosed = false;
    for (const probe of this.#probes) if (probe.jobId !== jobId) probe.undisturbed = false;
    if (kind === "failed" && jobId !== undefined) this.#failed.push(jobId);
    // An account does not know which job is its probe. Any attempt that began after the cool-down started counts
    // as the probe, even if it has lost its lease meanwhile.
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
    // From here on the engine may know about the success.
    this.#open = false;
    // A replica whose clock is ahead may send a probe before the second of the opening has passed. That probe
    // counts as begun before the opening.
    this.#mustBeClosed = probe.undisturbed && probe.atMs - this.#openedMs > 1_000 + SKEW_MS;
    this.#probes = [];
  }

  lost(jobs: readonly JobId[]): void {
    this.#lost(jobs);
  }

  /** All shards have reported to the account. */
  synced(state: string | undefined): void {
    if (this.#mustBeClosed) expect(state, "after the success of a probe").toBe("CLOSED");
  }

  #lost(jobs: readonly JobId[]): void {
    this.#probes = this.#probes.filter(({ jobId }) => !jobs.includes(jobId));
  }
}
