import { type Client, connectivityState } from "@grpc/grpc-js";
import type { Clock, TimerHandle } from "@millrace/shared";

/**
 * How long nobody may answer at the addresses of a channel before it is made anew. It doubles each time up to the most, because a
 * busy server may answer slowly, and an attempt that is given up too soon never succeeds.
 */
const UNANSWERED_MS = 5_000;
const MOST_UNANSWERED_MS = 40_000;
const LOOK_EVERY_MS = 1_000;

export interface LastingClientOptions {
  readonly make: () => Client;
  readonly clock: Clock;
}

/**
 * A client whose channel is made anew when nobody has answered for 5 s, and later for up to 40 s. A channel looks its name up again only when a
 * connection fails. A connection to an address that has vanished, such as that of a pod that was replaced, does not fail:
 * its packets are dropped, and the system tries for up to two minutes. Calls that wait for such a channel fail with
 * UNAVAILABLE when it is replaced, and their retries find the addresses of now.
 */
export class LastingClient {
  readonly #options: LastingClientOptions;
  #client: Client;
  #unansweredMs = 0;
  #patienceMs = UNANSWERED_MS;
  #timer: TimerHandle | undefined;
  #failed = false;
  #closed = false;

  constructor(options: LastingClientOptions) {
    this.#options = options;
    this.#client = options.make();
  }

  /** The client for a call that begins now. */
  current(): Client {
    this.#look();
    return this.#client;
  }

  /** Whether the last connection has failed, also if it was one of a former channel. */
  hasFailed(): boolean {
    const state = this.#state();
    if (state === connectivityState.READY) this.#failed = false;
    return this.#failed || state === connectivityState.TRANSIENT_FAILURE;
  }

  /** Resolves when the client is connected. Rejects at `deadlineAtMs`. */
  async ready(deadlineAtMs: number): Promise<void> {
    for (;;) {
      const client = this.current();
      try {
        return await new Promise((resolve, reject) => {
          client.waitForReady(deadlineAtMs, (error) => (error ? reject(error) : resolve()));
        });
      } catch (error) {
        const wasReplaced = client !== this.#client && !this.#closed;
        if (!wasReplaced || this.#options.clock.nowMs() >= deadlineAtMs) throw error;
      }
    }
  }

  /** Calls under way go on. */
  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
    this.#client.close();
  }

  #state(): connectivityState {
    return this.#client.getChannel().getConnectivityState(false);
  }

  /** Looks every second from the beginning of a call until the channel is connected, or rests because nobody calls. */
  #look(): void {
    if (this.#closed || this.#timer !== undefined || this.#state() === connectivityState.READY) {
      return;
    }
    this.#timer = this.#options.clock.after(LOOK_EVERY_MS, () => {
      this.#timer = undefined;
      const state = this.#state();
      const rests = state === connectivityState.READY || state === connectivityState.IDLE;
      this.#unansweredMs = rests ? 0 : this.#unansweredMs + LOOK_EVERY_MS;
      if (state === connectivityState.READY) this.#patienceMs = UNANSWERED_MS;
      if (rests) return;
      if (this.#unansweredMs >= this.#patienceMs) this.#renew();
      this.#look();
    });
  }

  #renew(): void {
    const { make } = this.#options;
    const former = this.#client;
    this.#failed = this.hasFailed();
    this.#unansweredMs = 0;
    this.#patienceMs = Math.min(this.#patienceMs * 2, MOST_UNANSWERED_MS);
    this.#client = make();
    former.close();
    // The former channel was connecting, so this one does too, although no call may begin before it has succeeded.
    this.#client.getChannel().getConnectivityState(true);
  }
}
