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

/** What one message may hold: well below gRPC's 4 MiB, and the contract's count. */
const MESSAGE_BYTES = 1024 * 1024;
const MESSAGE_ITEMS = 1_000;
/** What an attempt may add at a turn, so that one which floods leaves room for the others. */
const TURN_BYTES = 128 * 1024;

/**
 * What a worker has to say of its attempts: output, outcomes, free slots.
 *
 * What comes up in one turn of the event loop goes in one message, at once while the one before of
 * its kind is answered, else when it is. So a lone chunk waits for nothing, messages grow with the
 * load, and no more than one of a kind is ever under way: a scheduler that is slow is not flooded.
 */
export class Uplink {
  readonly #freeSlots: () => number;
  readonly #writing = new Set<Attempt>();
  readonly #ending = new Set<Attempt>();
  #session: Session | undefined;
  /** How many answers to the message under way are still to come. */
  #outputUnanswered = 0;
  #settleUnanswered = 0;
  /** Slots that the scheduler knows of and has not filled. */
  #offered = 0;
  #scheduled = false;

  constructor(freeSlots: () => number) {
    this.#freeSlots = freeSlots;
  }

  /** The stream is welcomed, and was told of `offered` free slots in its hello. */
  open(session: Session, offered: number): void {
    this.#session = session;
    this.#offered = offered;
    this.#outputUnanswered = 0;
    this.#settleUnanswered = 0;
    this.flushSoon();
  }

  /** The stream is over. What was not answered is sent again once its attempt has changed. */
  close(): void {
    this.#session = undefined;
  }

  /** There may be something of it to send. */
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
    // First, because it needs no answer: the next jobs are on their way while these are settled.
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

  /** By turns: an attempt that has more comes again after the others, in this message or the next. */
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
