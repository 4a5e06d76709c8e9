import type { Socket } from "node:net";
import { type Clock, type Random, sleep } from "@millrace/shared";

/** What is wrong with one direction of a connection. Nothing, if all is left out. */
export interface Toxics {
  /** How long each piece takes. */
  readonly latencyMs?: number;
  /** Up to so much more or less, evenly spread. No piece overtakes another. */
  readonly jitterMs?: number;
  readonly bytesPerSecond?: number;
  /** Pieces are cut into slices of at most so many bytes, each written by itself. */
  readonly sliceBytes?: number;
  /** Nothing passes, and nothing is lost: what has come goes on when this is over. */
  readonly blackHole?: boolean;
}

export interface FaultPipeOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Asked anew for each piece. */
  toxics(): Toxics;
}

export interface FaultPipe {
  /** To be called when the toxics have changed. */
  wake(): void;
}

/** What a pipe holds before it stops reading: the sender feels back-pressure, as on a real path. */
const HELD_BYTES = 256 * 1024;
/** At a low rate bytes go in such steps: a large piece would else come late, and all at once. */
const STEP_MS = 20;

interface Piece {
  /** Left out: the sender has said that this was all. */
  readonly bytes?: Buffer;
  readonly dueMs: number;
}

/** Carries one direction of a connection. If its sender breaks off, so does it. */
export function startFaultPipe(from: Socket, to: Socket, options: FaultPipeOptions): FaultPipe {
  const { clock, random, toxics } = options;
  const held: Piece[] = [];
  let heldBytes = 0;
  let lastDueMs = 0;
  let ended = false;
  const broken = new AbortController();
  let woken = Promise.withResolvers<void>();
  const wake = () => woken.resolve();

  const hold = (bytes?: Buffer) => {
    const { latencyMs = 0, jitterMs = 0 } = toxics();
    const delayMs = latencyMs + (2 * random.next() - 1) * jitterMs;
    lastDueMs = Math.max(lastDueMs, clock.nowMs() + delayMs);
    held.push({ dueMs: lastDueMs, ...(bytes === undefined ? {} : { bytes }) });
    heldBytes += bytes?.length ?? 0;
    if (heldBytes > HELD_BYTES) from.pause();
    wake();
  };
  from.on("data", hold);
  from.on("end", () => {
    ended = true;
    hold();
  });
  const stop = () => {
    broken.abort();
    wake();
  };
  from.on("close", () => {
    if (ended) return;
    to.resetAndDestroy();
    stop();
  });
  to.on("close", stop);

  const write = async (bytes: Buffer) => {
    // A receiver that is half-closed hears no more of it.
    if (!to.writable || to.write(bytes)) return;
    await new Promise<void>((resolve) => {
      to.once("drain", resolve);
      broken.signal.addEventListener("abort", () => resolve(), { once: true });
    });
  };
  const carryPiece = async (bytes: Buffer) => {
    for (let at = 0; at < bytes.length && !broken.signal.aborted; ) {
      const { sliceBytes = bytes.length, bytesPerSecond = Number.POSITIVE_INFINITY } = toxics();
      const stepBytes = Math.max(1, Math.floor((bytesPerSecond * STEP_MS) / 1_000));
      const slice = bytes.subarray(at, at + Math.min(sliceBytes, stepBytes));
      at += slice.length;
      await write(slice);
      if (bytesPerSecond < Number.POSITIVE_INFINITY) {
        await sleep(clock, (slice.length / bytesPerSecond) * 1_000, broken.signal);
      } else if (at < bytes.length) {
        // Else the kernel has several slices at once, and joins them.
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
  };
  const carry = async () => {
    while (!broken.signal.aborted) {
      const [piece] = held;
      if (piece === undefined || toxics().blackHole === true) {
        await woken.promise;
        woken = Promise.withResolvers();
        continue;
      }
      const waitMs = piece.dueMs - clock.nowMs();
      if (waitMs > 0) {
        await sleep(clock, waitMs, broken.signal);
        continue;
      }
      held.shift();
      if (piece.bytes === undefined) {
        to.end();
        return;
      }
      await carryPiece(piece.bytes);
      heldBytes -= piece.bytes.length;
      if (heldBytes <= HELD_BYTES) from.resume();
    }
  };
  void carry();
  return { wake };
}
