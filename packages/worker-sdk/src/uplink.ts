import { create } from "@bufbuild/protobuf";
import {
  type AttemptOutcome,
  AttemptOutcomeSchema,
  type AttemptOutput,
  AttemptOutputSchema,
} from "@millrace/proto/worker-service";
import type { Attempt } from "./attempt.ts";
import * as messages from "./messages.ts";
import { outcomeBytes } from "./outcome.ts";
import type { Session } from "./stream/session.ts";

/** The size of one message. It is well below gRPC's 4 MiB. */
const MESSAGE_BYTES = 1024 * 1024;
const MESSAGE_ITEMS = 1_000;
/** The most output of one attempt at a turn, so that an attempt that writes very much leaves room for the others. */
const TURN_BYTES = 128 * 1024;

/**
 * Sends what a worker reports about its attempts: output, outcomes and free slots.
 *
 * Everything that is ready in one turn of the event loop goes into one message. It is sent at once if the
 * previous message of its kind is answered, and otherwise when the answer comes. So a single chunk does not wait,
 * and messages grow with the load. At most one message of each kind is under way, which is the back-pressure for
 * a slow scheduler.
 */
export class Uplink {
  readonly #freeSlots: () => number;
  readonly #writing = new Set<Attempt>();
  readonly #ending = new Set<Attempt>();
  #session: Session | undefined;
  /** How many answers to the message under way are still to come. */
  #outputUnanswered = 0;
  #settleUnanswered = 0;
  /** Slots that the worker has offered and the scheduler has not filled. */
  #offered = 0;
  #scheduled = false;

  constructor(freeSlots: () => number) {
    this.#freeSlots = freeSlots;
  }

  /** Starts on a stream that has been welcomed. Its hello offered `offered` free slots. */
  open(session: Session, offered: number): void {
    this.#session = session;
    this.#offered = offered;
    this.#outputUnanswered = 0;
    this.#settleUnanswered = 0;
    this.flushSoon();
  }

  /** Stops at the end of the stream. Unanswered messages are sent again once their attempt reports a change. */
  close(): void {
    this.#session = undefined;
  }

  /** Notes that the attempt may have something to send. */
  changed(attempt: Attempt): void {
    if (attempt.output.hasUnsent) this.#writing.add(attempt);
    if (attempt.readyToSettle) this.#ending.add(attempt);
    this.flushSoon();
  }

  slotsFilled(count: number): void {
    this.#offered = Math.max(0, this.#offered - count);
  }

  outputAnswered(count: number): void {
    this.#outputUnanswered = Math.max(0, this.#outputUnanswered - count);
    this.flushSoon();
  }

  settleAnswered(count: number): void {
    this.#settleUnanswered = Math.max(0, this.#settleUnanswered - count);
    this.flushSoon();
  }

  flushSoon(): void {
    if (this.#scheduled || this.#session === undefined) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      if (this.#session !== undefined) this.#flush(this.#session);
    });
  }

  #flush(session: Session): void {
    // Credit goes first because it needs no answer. The scheduler can assign the next jobs while these are
    // settled.
    const more = this.#freeSlots() - this.#offered;
    if (more > 0) {
      this.#offered += more;
      session.send(messages.credit(more));
    }
    if (this.#settleUnanswered === 0) {
      const outcomes = this.#takeOutcomes();
      this.#settleUnanswered = outcomes.length;
      if (outcomes.length > 0) session.send(messages.settle(outcomes));
    }
    if (this.#outputUnanswered === 0) {
      const outputs = this.#takeOutput();
      this.#outputUnanswered = outputs.length;
      if (outputs.length > 0) session.send(messages.appendOutput(outputs));
    }
  }

  #takeOutcomes(): AttemptOutcome[] {
    const outcomes: AttemptOutcome[] = [];
    let room = MESSAGE_BYTES;
    for (const attempt of this.#ending) {
      if (outcomes.length === MESSAGE_ITEMS || room <= 0) break;
      this.#ending.delete(attempt);
      const { lease, outcome, usage } = attempt;
      if (!attempt.readyToSettle || outcome === undefined) continue;
      attempt.outcomeSent = true;
      outcomes.push(create(AttemptOutcomeSchema, { lease, outcome, usage }));
      room -= outcomeBytes(outcome);
    }
    return outcomes;
  }

  /**
   * Takes output in round-robin order. An attempt that has more output comes again after the others, in this
   * message or the next.
   */
  #takeOutput(): AttemptOutput[] {
    const outputs: AttemptOutput[] = [];
    let room = MESSAGE_BYTES;
    for (const attempt of this.#writing) {
      if (outputs.length === MESSAGE_ITEMS || room <= 0) break;
      this.#writing.delete(attempt);
      const taken = attempt.released ? undefined : attempt.output.take(TURN_BYTES);
      if (taken === undefined) continue;
      const { firstSequence, chunks, bytes } = taken;
      outputs.push(create(AttemptOutputSchema, { lease: attempt.lease, firstSequence, chunks }));
      room -= bytes;
      if (attempt.output.hasUnsent) this.#writing.add(attempt);
    }
    return outputs;
  }
}
