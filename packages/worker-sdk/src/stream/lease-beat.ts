import { durationMs } from "@bufbuild/protobuf/wkt";
import {
  type LeaseRef,
  StopReason,
  type WorkRequest,
  type WorkResponse,
  WriteStatus,
} from "@millrace/proto/worker-service";
import type { Clock, TimerHandle } from "@millrace/shared";
import { leaseKey } from "../attempt.ts";
import * as messages from "../messages.ts";

/** A lease that the stream renews, with the type of its job. */
export interface HeldLease {
  readonly lease: LeaseRef;
  /** Empty if the lease was presented after a reconnect. */
  readonly type: string;
}

const defaultIntervalMs = 5_000;

/**
 * Learns the leases of one stream from the messages that pass over it, and renews them with a heartbeat at each
 * interval.
 */
export class LeaseBeat {
  readonly #clock: Clock;
  readonly #send: (message: WorkRequest["message"]) => void;
  readonly #held = new Map<string, HeldLease>();
  #timer: TimerHandle | undefined;
  #renews = true;

  constructor(clock: Clock, send: (message: WorkRequest["message"]) => void) {
    this.#clock = clock;
    this.#send = send;
  }

  get held(): readonly HeldLease[] {
    return [...this.#held.values()];
  }

  hold(leases: readonly LeaseRef[], type = ""): void {
    for (const lease of leases) this.#held.set(leaseKey(lease), { lease, type });
  }

  drop(lease: LeaseRef | undefined): void {
    if (lease !== undefined) this.#held.delete(leaseKey(lease));
  }

  heard({ message }: WorkResponse): void {
    switch (message.case) {
      case "welcome":
        for (const { lease, held } of message.value.leases) if (!held) this.drop(lease);
        this.#start(message.value.heartbeatInterval);
        return;
      case "assignments":
        for (const { lease, type } of message.value.assignments) {
          if (lease !== undefined) this.hold([lease], type);
        }
        return;
      case "heartbeatAck":
        for (const lease of message.value.lost) this.drop(lease);
        return;
      case "settleAcks":
        for (const { lease, status } of message.value.acks) {
          const over = status === WriteStatus.STORED || status === WriteStatus.LEASE_LOST;
          if (over) this.drop(lease);
        }
        return;
      case "stop":
        for (const { lease, reason } of message.value.attempts) {
          if (reason === StopReason.LEASE_LOST) this.drop(lease);
        }
        return;
      default:
    }
  }

  /** Turns the renewal of leases on or off. */
  renew(renews: boolean): void {
    this.#renews = renews;
  }

  stop(): void {
    this.#timer?.cancel();
  }

  #start(interval: Parameters<typeof durationMs>[0] | undefined): void {
    const everyMs = interval === undefined ? defaultIntervalMs : durationMs(interval);
    const beat = () => {
      const leases = this.held.map(({ lease }) => lease);
      if (this.#renews && leases.length > 0) this.#send(messages.heartbeat(leases));
      this.#timer = this.#clock.after(everyMs, beat);
    };
    this.#timer?.cancel();
    this.#timer = this.#clock.after(everyMs, beat);
  }
}
