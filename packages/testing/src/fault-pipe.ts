import type { Socket } from "node:net";
import { type Clock, type Random, sleep } from "@millrace/shared";

/** The faults of one direction of a connection. By default there are none. */
export interface Toxics {
  /** How long each piece takes. */
  readonly latencyMs?: number;
  /** A random change of the latency, evenly spread up to this much more or less. No piece overtakes another. */
  readonly jitterMs?: number;
  readonly bytesPerSecond?: number;
  /** Pieces are cut into slices of at most this many bytes. Each slice is written separately. */
  readonly sliceBytes?: number;
  /** Nothing passes while this is true, but nothing is lost. Everything that arrived is passed on afterwards. */
  readonly blackHole?: boolean;
}

export interface FaultPipeOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Called again for each piece. */
  toxics(): Toxics;
}

export interface FaultPipe {
  /** Must be called when the toxics have changed. */
  wake(): void;
}

/** How many bytes a pipe holds before it stops reading. The sender then meets back-pressure, as on a real path. */
const HELD_BYTES = 256 * 1024;
/** The time between writes at a limited rate. Without such steps, a large piece would arrive late and all at once. */
const STEP_MS = 20;

interface Piece {
  /** Undefined at the end, when the sender has closed its side. */
  readonly bytes?: Buffer;
  readonly dueMs: number;
}

/** Carries one direction of a connection. If the sender's connection breaks, the pipe breaks the receiver's. */
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
    // A receiver that has closed its side gets nothing more.
    if (!to.writable || to.write(bytes)) return;
    await new Promise<void>((resolve) => {
      to.once("drain", resolve);
      broken.signal.addEventListener("abort", () => resolve(), { once: true });
    });
  };
  const carryPiece = async (bytes: Buffer) => {
    for (let start = 0; start < bytes.length && !broken.signal.aborted; ) {
      const { sliceBytes = bytes.length, bytesPerSecond = Number.POSITIVE_INFINITY } = toxics();
      const stepBytes = Math.max(1, Math.floor((bytesPerSecond * STEP_MS) / 1_000));
      const slice = bytes.subarray(start, start + Math.min(sliceBytes, stepBytes));
      start += slice.length;
      await write(slice);
      if (bytesPerSecond < Number.POSITIVE_INFINITY) {
        await sleep(clock, (slice.length / bytesPerSecond) * 1_000, broken.signal);
      } else if (start < bytes.length) {
        // Without this turn, the kernel would get several slices at once and join them.
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
