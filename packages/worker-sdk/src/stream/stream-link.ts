import type { MessagePort } from "node:worker_threads";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  type LeaseRef,
  type WorkRequest,
  WorkRequestSchema,
  WorkResponseSchema,
  WriteStatus,
} from "@millrace/proto/worker-service";
import { systemClock } from "@millrace/shared";
import { leaseKey } from "../attempt.ts";
import * as messages from "../messages.ts";
import { handedBack } from "../outcome.ts";
import { DirectLink } from "./direct-link.ts";
import type { LeasedStream } from "./leased-stream.ts";
import type { OpenStream, StreamError } from "./link.ts";
import {
  type BlockedJob,
  type Claim,
  claimed,
  type FromLink,
  isOpen,
  newClaim,
  type ToLink,
} from "./thread-messages.ts";

const firstByte = (field: { readonly number: number }) => field.number * 8 + 2;
const ASSIGNMENTS = firstByte(WorkResponseSchema.field.assignments);
const SETTLE_ACKS = firstByte(WorkResponseSchema.field.settleAcks);

/** When the store is away, the thread repeats its settlement after this time. */
const RETRY_MS = 250;

/** A message of assignments that the main thread has not claimed, as far as this thread knows. */
interface Untaken {
  readonly bytes: Uint8Array;
  readonly claim: Claim;
}

/**
 * One worker's end in the stream thread. While the main thread is blocked, this end hands back the jobs that it
 * has not begun, which costs no attempt. It renews the leases of the running jobs up to a limit.
 */
export class StreamLink {
  readonly #port: MessagePort;
  readonly #link: DirectLink;
  readonly #maxBlockedMs: number;
  #stream: LeasedStream | undefined;
  #number = 0;
  #untaken: Untaken[] = [];
  /** Leases that this thread hands back, until the scheduler acknowledges them. */
  readonly #returning = new Map<string, LeaseRef>();
  #blocked = false;
  #gaveUp = false;

  constructor(port: MessagePort, address: string, maxBlockedMs: number) {
    this.#port = port;
    this.#link = new DirectLink(address);
    this.#maxBlockedMs = maxBlockedMs;
    port.on("message", (message: ToLink) => this.#do(message));
  }

  /** The jobs that the main thread runs, as far as this thread knows. */
  get blockedJobs(): readonly BlockedJob[] {
    const held = this.#stream?.beat.held ?? [];
    return held
      .filter(({ lease }) => !this.#returning.has(leaseKey(lease)))
      .map(({ lease, type }) => ({ jobId: lease.jobId, type }));
  }

  block(): void {
    this.#blocked = true;
    const untaken = this.#untaken.filter(({ claim }) => claimed(claim, "thread"));
    this.#untaken = [];
    for (const { bytes } of untaken) this.#giveBack(bytes);
  }

  /** Stops the renewal of leases once the limit is reached. Returns true only at that call. */
  giveUpAfter(blockedMs: number): boolean {
    if (this.#gaveUp || blockedMs < this.#maxBlockedMs) return false;
    this.#gaveUp = true;
    this.#stream?.beat.renew(false);
    return true;
  }

  unblock(blockedMs: number): void {
    const jobs = this.blockedJobs;
    this.#blocked = false;
    this.#gaveUp = false;
    this.#stream?.beat.renew(true);
    this.#post({ kind: "unblocked", blockedMs, jobs });
  }

  close(): void {
    this.#stream?.cut();
    this.#stream = undefined;
    this.#link.close();
  }

  #do(message: ToLink): void {
    if (message.kind === "open") this.#open(message.stream, message);
    else if (message.kind === "close") this.close();
    else if (message.stream !== this.#number) return;
    else if (message.kind === "send") this.#stream?.send(message.bytes);
    else this.#stream?.cut();
  }

  #open(number: number, stream: OpenStream): void {
    this.#number = number;
    this.#untaken = [];
    this.#returning.clear();
    this.#stream = this.#link.open(stream, {
      message: (bytes) => this.#received(number, bytes),
      ended: (error: StreamError | undefined) => {
        this.#post({ kind: "ended", stream: number, error });
      },
      handedBack: () => undefined,
    });
  }

  #received(stream: number, bytes: Uint8Array): void {
    if (bytes[0] === SETTLE_ACKS && this.#isOwnAnswer(bytes)) return;
    // A buffer of the connection is part of a larger one, which must not be transferred. So this makes a copy.
    const own = new Uint8Array(bytes);
    if (own[0] !== ASSIGNMENTS) {
      this.#post({ kind: "message", stream, bytes: own }, own);
      return;
    }
    const claim = newClaim();
    this.#untaken = this.#untaken.filter((untaken) => isOpen(untaken.claim));
    if (this.#blocked && claimed(claim, "thread")) this.#giveBack(own);
    else this.#untaken.push({ bytes: own, claim });
    // The bytes are not transferred, because this thread may have to hand these jobs back.
    this.#post({ kind: "assignments", stream, bytes: own, claim });
  }

  #giveBack(bytes: Uint8Array): void {
    const { message } = fromBinary(WorkResponseSchema, bytes);
    if (message.case !== "assignments") return;
    const leases = message.value.assignments.flatMap(({ lease }) => lease ?? []);
    for (const lease of leases) this.#returning.set(leaseKey(lease), lease);
    this.#settle(leases);
  }

  #settle(leases: readonly LeaseRef[]): void {
    const outcome = handedBack("the worker's event loop is blocked by another job");
    const outcomes = leases.map((lease) => messages.outcome(lease, outcome));
    if (outcomes.length > 0) this.#send(messages.settle(outcomes));
  }

  /**
   * Returns whether these acks answer this thread's own settlement. Acks come in the same groups as the outcomes
   * were sent.
   */
  #isOwnAnswer(bytes: Uint8Array): boolean {
    if (this.#returning.size === 0) return false;
    const { message } = fromBinary(WorkResponseSchema, bytes);
    if (message.case !== "settleAcks") return false;
    const own = message.value.acks.filter(
      ({ lease }) => lease !== undefined && this.#returning.has(leaseKey(lease)),
    );
    const again: LeaseRef[] = [];
    for (const { lease, status } of own) {
      if (lease === undefined) continue;
      if (status === WriteStatus.RETRY) again.push(lease);
      else this.#returning.delete(leaseKey(lease));
    }
    if (again.length > 0) this.#later(() => this.#settle(again));
    return own.length > 0;
  }

  #later(run: () => void): void {
    const number = this.#number;
    systemClock.after(RETRY_MS, () => {
      if (number === this.#number) run();
    });
  }

  #send(message: WorkRequest["message"]): void {
    this.#stream?.send(toBinary(WorkRequestSchema, create(WorkRequestSchema, { message })));
  }

  #post(message: FromLink, bytes?: Uint8Array): void {
    this.#port.postMessage(message, bytes === undefined ? [] : [bytes.buffer as ArrayBuffer]);
  }
}
