/**
 * Limits what requests hold that have not arrived completely. A listener buffers a request's message until its end, and a
 * caller may never send that end. So such requests have a deadline, and their number is limited per peer address. A message
 * of more than SMALL_BYTES is read only after its bytes are reserved for its connection, its address and its caller. Until
 * then flow control stops the sender. A smaller message is bounded by the window of its stream.
 */
import type { Clock, TimerHandle } from "@millrace/shared";
import { type RpcFault, rpcError } from "../rpc-fault.ts";
import { ByteBudget } from "./byte-budget.ts";

/** The longest message that is read without a reservation: the window of an HTTP/2 stream. */
export const SMALL_BYTES = 64 * 1024;

export interface InflowLimits {
  /** How long the first message of a call, and each message from its first byte, may take to arrive. */
  readonly messageMs: number;
  /** How many connections one peer address may have open. A further one is closed. */
  readonly connectionsPerAddress: number;
  /** How many calls of one peer address may have an incomplete request. A further one ends the oldest. */
  readonly unfinishedPerAddress: number;
  /**
   * How many calls of health and reflection, which need no credential, one connection may have open. A further one is
   * refused.
   */
  readonly healthCallsPerConnection: number;
  /** How many bytes of messages over 64 KiB one connection may be sending at once. Further messages wait. */
  readonly bytesPerConnection: number;
  /** The same for one peer address. */
  readonly bytesPerAddress: number;
  /** The same for one caller, such as an API key. */
  readonly bytesPerCaller: number;
}

const MIB = 1024 * 1024;
export const defaultInflowLimits: InflowLimits = {
  messageMs: 60_000,
  connectionsPerAddress: 2_000,
  unfinishedPerAddress: 2_000,
  healthCallsPerConnection: 32,
  bytesPerConnection: 16 * MIB,
  bytesPerAddress: 64 * MIB,
  bytesPerCaller: 32 * MIB,
};

interface Address {
  readonly name: string;
  connections: number;
  readonly unfinished: Set<InflowCall>;
  readonly bytes: ByteBudget;
}

/** The limits on incoming requests of one listener, or of several that share them. */
export class Inflow {
  readonly limits: InflowLimits;
  readonly clock: Clock;
  readonly #addresses = new Map<string, Address>();
  readonly #callers = new Map<string, ByteBudget>();
  readonly #connections = new WeakMap<object, ByteBudget>();

  constructor(limits: InflowLimits, clock: Clock) {
    this.limits = limits;
    this.clock = clock;
  }

  /** Counts a connection. Returns undefined if its address has too many, else a function that ends the count. */
  accept(address: string): (() => void) | undefined {
    const held = this.#address(address);
    if (held.connections >= this.limits.connectionsPerAddress) return undefined;
    held.connections += 1;
    return () => {
      held.connections -= 1;
      this.#forget(held);
    };
  }

  /** Begins to count a request. `end` is called if the request is too slow or must make room. */
  open(connection: object, address: string, end: (fault: RpcFault) => void): InflowCall {
    const held = this.#address(address);
    if (held.unfinished.size >= this.limits.unfinishedPerAddress) {
      const [oldest] = held.unfinished;
      oldest?.end(tooMany(this.limits.unfinishedPerAddress));
    }
    const call = new InflowCall({
      limits: this.limits,
      clock: this.clock,
      end,
      budgetsOf: (caller) => this.#budgets(connection, held, caller),
      onFinished: (one) => held.unfinished.delete(one),
      onClosed: (caller) => {
        this.#forget(held);
        if (caller !== undefined && this.#callers.get(caller)?.isIdle) this.#callers.delete(caller);
      },
    });
    held.unfinished.add(call);
    return call;
  }

  #budgets(connection: object, address: Address, caller: string | undefined): ByteBudget[] {
    const { bytesPerConnection, bytesPerCaller } = this.limits;
    let own = this.#connections.get(connection);
    if (own === undefined) {
      own = new ByteBudget(bytesPerConnection);
      this.#connections.set(connection, own);
    }
    if (caller === undefined) return [own, address.bytes];
    let callers = this.#callers.get(caller);
    if (callers === undefined) {
      callers = new ByteBudget(bytesPerCaller);
      this.#callers.set(caller, callers);
    }
    return [own, address.bytes, callers];
  }

  #address(name: string): Address {
    const known = this.#addresses.get(name);
    if (known !== undefined) return known;
    const bytes = new ByteBudget(this.limits.bytesPerAddress);
    const address = { name, connections: 0, unfinished: new Set<InflowCall>(), bytes };
    this.#addresses.set(name, address);
    return address;
  }

  #forget(address: Address): void {
    const { name, connections, unfinished, bytes } = address;
    if (connections > 0 || unfinished.size > 0 || !bytes.isIdle) return;
    if (this.#addresses.get(name) === address) this.#addresses.delete(name);
  }
}

interface InflowCallParts {
  readonly limits: InflowLimits;
  readonly clock: Clock;
  readonly end: (fault: RpcFault) => void;
  readonly budgetsOf: (caller: string | undefined) => readonly ByteBudget[];
  readonly onFinished: (call: InflowCall) => void;
  readonly onClosed: (caller: string | undefined) => void;
}

interface Reservation {
  release(): void;
}

/** One request that is arriving. */
export class InflowCall {
  readonly #parts: InflowCallParts;
  #deadline: TimerHandle | undefined;
  #caller: string | undefined;
  /** The reservations of messages that have begun and are not consumed; undefined for a small message. */
  readonly #messages: (Reservation | undefined)[] = [];
  #closed = false;

  constructor(parts: InflowCallParts) {
    this.#parts = parts;
    this.#startDeadline();
  }

  /** Names the caller, whose limits the bytes count against from now on. */
  admit(caller: string | undefined): void {
    this.#caller = caller;
  }

  /** Begins a message. Returns true if it may be read now; otherwise `go` is called once it may. */
  begin(bytes: number, go: () => void): boolean {
    if (this.#closed) return true;
    if (bytes <= SMALL_BYTES) {
      this.#messages.push(undefined);
      this.#startDeadline();
      return true;
    }
    // Waiting for other messages does not count as the sender's slowness.
    this.#stopDeadline();
    const granted = () => {
      this.#startDeadline();
      go();
    };
    const { reservation, isGranted } = reserve(this.#parts.budgetsOf(this.#caller), bytes, granted);
    this.#messages.push(reservation);
    if (isGranted) this.#startDeadline();
    return isGranted;
  }

  /** The expected message has arrived, so the deadline stops. */
  finished(): void {
    this.#stopDeadline();
    this.#parts.onFinished(this);
  }

  /** The oldest message takes no memory any more. */
  consumed(): void {
    this.#messages.shift()?.release();
  }

  end(fault: RpcFault): void {
    if (this.#closed) return;
    this.close();
    this.#parts.end(fault);
  }

  close(): void {
    if (this.#closed) return;
    this.finished();
    this.#closed = true;
    for (const message of this.#messages.splice(0)) message?.release();
    this.#parts.onClosed(this.#caller);
  }

  #startDeadline(): void {
    if (this.#closed || this.#deadline !== undefined) return;
    const { clock, limits } = this.#parts;
    this.#deadline = clock.after(limits.messageMs, () => this.end(tooSlow(limits.messageMs)));
  }

  #stopDeadline(): void {
    this.#deadline?.cancel();
    this.#deadline = undefined;
  }
}

/** Reserves bytes in one budget after the other, always in this order, which prevents a deadlock. */
function reserve(
  budgets: readonly ByteBudget[],
  bytes: number,
  onGranted: () => void,
): { readonly reservation: Reservation; readonly isGranted: boolean } {
  let taken = 0;
  const step = () => {
    for (; taken < budgets.length; taken += 1) {
      if (budgets[taken]?.take(bytes, resumed) === false) return false;
    }
    return true;
  };
  const resumed = () => {
    taken += 1;
    if (step()) onGranted();
  };
  const isGranted = step();
  const release = () => {
    for (const budget of budgets.slice(0, taken + 1)) budget.give(bytes, resumed);
  };
  return { reservation: { release }, isGranted };
}

const tooSlow = (messageMs: number) =>
  rpcError({
    reason: "REQUEST_TOO_SLOW",
    message: `the request did not arrive completely within ${messageMs} ms: send it faster, or in smaller messages`,
  });
const tooMany = (limit: number) =>
  rpcError({
    reason: "TOO_MANY_UNFINISHED",
    message: `${limit} requests from this address have not arrived completely: finish some before you begin others`,
    metadata: { limit: String(limit) },
    retryDelayMs: 1_000,
  });
