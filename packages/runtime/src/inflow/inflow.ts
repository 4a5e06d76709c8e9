/**
 * What requests that have not come in full may hold. A listener keeps a request's message until its end
 * has come, and a caller may never send it. So such requests have a deadline, and their number is
 * bounded for each peer address. A message of more than SMALL_BYTES is read only once its bytes are
 * reserved for its connection, its address and its caller: until then flow control stops the sender.
 * A smaller one is bounded by the window of its stream.
 */
import type { Clock, TimerHandle } from "@millrace/shared";
import { type RpcFault, rpcError } from "../rpc-fault.ts";
import { ByteBudget } from "./byte-budget.ts";

/** Of a message that is read without a reservation: the window of a stream of HTTP/2. */
export const SMALL_BYTES = 64 * 1024;

export interface InflowLimits {
  /** How long the first message of a call, and each message from its first byte, may take to come in. */
  readonly messageMs: number;
  /** Connections at once from one peer address; one more is closed. */
  readonly connectionsPerAddress: number;
  /** Calls of one peer address whose request has not come in full; one more ends the oldest. */
  readonly unfinishedPerAddress: number;
  /** Calls of health and reflection, which need no credential, at once on one connection; one more is refused. */
  readonly healthCallsPerConnection: number;
  /** Bytes of messages over 64 KiB that one connection may be sending at once; others wait. */
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

/** Of one listener, or of several that share the bounds. */
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

  /** Counts a connection in; undefined if its address has too many, else how to count it out. */
  accept(address: string): (() => void) | undefined {
    const held = this.#address(address);
    if (held.connections >= this.limits.connectionsPerAddress) return undefined;
    held.connections += 1;
    return () => {
      held.connections -= 1;
      this.#forget(held);
    };
  }

  /** A request begins to come in. `end` is called when it is too slow, or has to make room. */
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

/** One request on its way in. */
export class InflowCall {
  readonly #parts: InflowCallParts;
  #deadline: TimerHandle | undefined;
  #caller: string | undefined;
  /** Of messages that have begun and were not consumed; undefined for a small one. */
  readonly #messages: (Reservation | undefined)[] = [];
  #closed = false;

  constructor(parts: InflowCallParts) {
    this.#parts = parts;
    this.#startDeadline();
  }

  /** Whose bytes they are from now on. */
  admit(caller: string | undefined): void {
    this.#caller = caller;
  }

  /** A message begins. True if it may be read now; else `go` is called when it may. */
  begin(bytes: number, go: () => void): boolean {
    if (this.#closed) return true;
    if (bytes <= SMALL_BYTES) {
      this.#messages.push(undefined);
      this.#startDeadline();
      return true;
    }
    // The wait for others is not the sender's slowness.
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

  /** What was expected has come: nothing is late. */
  finished(): void {
    this.#stopDeadline();
    this.#parts.onFinished(this);
  }

  /** The oldest message is no longer held. */
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

/** Takes the bytes of one budget after the other, always in this order, so that no two wait for each other. */
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
    message: `the request did not come in full within ${messageMs} ms: send it faster, or in smaller messages`,
  });
const tooMany = (limit: number) =>
  rpcError({
    reason: "TOO_MANY_UNFINISHED",
    message: `${limit} requests from this address have not come in full: finish some before you begin others`,
    metadata: { limit: String(limit) },
    retryDelayMs: 1_000,
  });
