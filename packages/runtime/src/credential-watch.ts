import type { Clock, TimerHandle } from "@millrace/shared";
import { RpcFault, rpcError } from "./rpc-fault.ts";

/** The pause after a check that failed to reach an answer. */
const CHECK_AGAIN_MS = 1_000;

interface Live {
  /** Rejects with UNAUTHENTICATED if the credential is refused, and with another error if that is unknown. */
  readonly check: () => Promise<unknown>;
  readonly ends: Set<(fault: RpcFault) => void>;
  timer: TimerHandle | undefined;
}

/**
 * Ends the calls of a credential that is revoked. While calls of a credential last, the watch checks the credential, once
 * for all of them. Calls that end earlier cost no check. If a check fails without an answer, the calls go on.
 */
export class CredentialWatch {
  readonly #dueMs: (id: string) => number;
  readonly #clock: Clock;
  readonly #live = new Map<string, Live>();

  /** `dueMs` returns the time of a credential's next check, if its calls last until then. */
  constructor(dueMs: (id: string) => number, clock: Clock) {
    this.#dueMs = dueMs;
    this.#clock = clock;
  }

  /** Calls `end` once the credential is revoked. Returns a function that stops the watch. */
  hold(id: string, check: () => Promise<unknown>, end: (fault: RpcFault) => void): () => void {
    let live = this.#live.get(id);
    if (live === undefined) {
      live = { check, ends: new Set(), timer: undefined };
      this.#live.set(id, live);
      this.#arm(id, live, this.#dueMs(id) - this.#clock.nowMs());
    }
    const { ends } = live;
    ends.add(end);
    return () => {
      if (!ends.delete(end) || ends.size > 0) return;
      this.#forget(id, ends);
    };
  }

  /** Ends the calls of a credential that is known to be revoked. */
  revoke(id: string): void {
    const live = this.#live.get(id);
    if (live === undefined) return;
    this.#forget(id, live.ends);
    for (const end of live.ends) end(revoked());
  }

  #forget(id: string, ends: Live["ends"]): void {
    const live = this.#live.get(id);
    if (live?.ends !== ends) return;
    live.timer?.cancel();
    this.#live.delete(id);
  }

  #arm(id: string, live: Live, delayMs: number): void {
    live.timer = this.#clock.after(delayMs, () => void this.#run(id, live));
  }

  async #run(id: string, live: Live): Promise<void> {
    let delayMs = CHECK_AGAIN_MS;
    try {
      await live.check();
      delayMs = this.#dueMs(id) - this.#clock.nowMs();
    } catch (error) {
      if (error instanceof RpcFault && error.reason === "UNAUTHENTICATED") return this.revoke(id);
    }
    if (this.#live.get(id) === live) this.#arm(id, live, delayMs);
  }
}

const revoked = () =>
  rpcError({
    reason: "UNAUTHENTICATED",
    message: "the credential of this call is no longer valid: it was revoked or replaced",
  });
