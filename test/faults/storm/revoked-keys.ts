/** API keys that are revoked while their jobs run and are watched. */
import { connectMillrace, type Millrace, MillraceError } from "@millrace/client";
import { type Clock, sleep } from "@millrace/shared";
import { STORM_QUEUE } from "./jobs.ts";
import type { Ledger } from "./ledger.ts";
import type { Operator } from "./operator.ts";
import { retryTransient } from "./retry-transient.ts";
import type { Work } from "./work.ts";

/** The value of MILLRACE_KEY_CACHE_MS in the gateways. */
export const KEY_CACHE_MS = 2_000;
/**
 * A call that begins this long after the revocation must be refused. A gateway's question about a key takes at
 * most 5 s, and a call may join a question that is under way.
 */
const REFUSED_AFTER_MS = KEY_CACHE_MS + 6_000;
const JOBS = 3;
const PAUSE_MS = 200;
const CALL_MS = 5_000;
/**
 * The job takes longer than a revoked key may work. So a watch that reaches the job's end was not ended by the
 * revocation.
 */
const work = (n: number): Work => ({ n, pieces: 6, pauseMs: 2_500, failures: 0, fatal: false });

export interface RevokedKeysOptions {
  readonly operator: Operator;
  /** The addresses of the gateways. */
  readonly gateways: readonly string[];
  readonly ledger: Ledger;
  readonly clock: Clock;
}

export class RevokedKeys {
  readonly #options: RevokedKeysOptions;
  #made = 0;

  constructor(options: RevokedKeysOptions) {
    this.#options = options;
  }

  /**
   * Creates a key, submits jobs with it, and revokes it. Resolves when calls and all watches of its jobs are
   * refused. The jobs continue.
   */
  async revokeOne(lasting: () => Promise<void>): Promise<void> {
    const { operator, gateways, clock, ledger } = this.#options;
    this.#made += 1;
    const name = `revoked-${this.#made}`;
    const { apiKey, key } = await operator.ask((admin) => admin.createApiKey({ name }));
    const millrace = connectMillrace({ address: gateways, apiKey: key, deadlineMs: CALL_MS });
    try {
      const ids = await Promise.all(
        Array.from({ length: JOBS }, (_, n) => this.#submit(millrace, n)),
      );
      const watches = ids.map((id) => untilRefused(() => watchToItsEnd(millrace, id), clock));
      await lasting();
      const keyId = apiKey?.keyId ?? "";
      await operator.ask((admin) => admin.revokeApiKey({ keyId }));
      const lastMs = clock.nowMs() + REFUSED_AFTER_MS;
      const [id = ""] = ids;
      await untilRefused(async () => {
        const late = clock.nowMs() > lastMs;
        await millrace.getJob(id);
        if (late) ledger.complain(`${name}: a call was served after its key was revoked`);
      }, clock);
      await Promise.all(watches);
    } finally {
      await millrace.close();
    }
  }

  async #submit(millrace: Millrace, n: number): Promise<string> {
    const { ledger, clock } = this.#options;
    const job = { queue: STORM_QUEUE, type: "work", payload: work(n), idempotencyKey: `job-${n}` };
    const { jobId } = await retryTransient(() => millrace.submit(job), clock);
    ledger.acknowledgeUnlisted();
    return jobId;
  }
}

async function watchToItsEnd(millrace: Millrace, jobId: string): Promise<void> {
  for await (const _ of millrace.watch(jobId));
}

/** Repeats a call, whether it succeeds or not, until the key is refused. */
async function untilRefused(call: () => Promise<void>, clock: Clock): Promise<void> {
  for (;;) {
    try {
      await retryTransient(call, clock);
    } catch (error) {
      if (error instanceof MillraceError && error.code === "UNAUTHENTICATED") return;
      throw error;
    }
    await sleep(clock, PAUSE_MS);
  }
}
