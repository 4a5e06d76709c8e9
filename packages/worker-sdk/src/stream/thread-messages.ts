import type { MessagePort } from "node:worker_threads";
import type { OpenStream, StreamError } from "./link.ts";

/** A job that a worker held while its event loop was blocked. */
export interface BlockedJob {
  readonly jobId: string;
  /** Empty where it is not known. */
  readonly type: string;
}

/** From the main thread to the stream thread. */
export type ToThread =
  | {
      readonly kind: "link";
      readonly port: MessagePort;
      readonly address: string;
      readonly maxBlockedMs: number;
    }
  /** The answer to a look. */
  | { readonly kind: "awake" };

/** From the stream thread: is the main thread's event loop turning? */
export type FromThread = { readonly kind: "look" };

/** From the main thread, on the port of one link. */
export type ToLink =
  | ({ readonly kind: "open"; readonly stream: number } & OpenStream)
  | { readonly kind: "send"; readonly stream: number; readonly bytes: Uint8Array }
  | { readonly kind: "cut"; readonly stream: number }
  | { readonly kind: "close" };

/** To the main thread, on the port of one link. */
export type FromLink =
  | { readonly kind: "message"; readonly stream: number; readonly bytes: Uint8Array }
  /** Assignments: for the main thread if it is the first to claim them. */
  | {
      readonly kind: "assignments";
      readonly stream: number;
      readonly bytes: Uint8Array;
      readonly claim: Claim;
    }
  | { readonly kind: "ended"; readonly stream: number; readonly error: StreamError | undefined }
  /** The event loop turns again. */
  | {
      readonly kind: "unblocked";
      readonly blockedMs: number;
      readonly jobs: readonly BlockedJob[];
    };

/** Who has a message of assignments: memory that both threads see. */
export type Claim = Int32Array<SharedArrayBuffer>;

const OPEN = 0;
const BY_MAIN = 1;
const BY_THREAD = 2;

export const newClaim = (): Claim => new Int32Array(new SharedArrayBuffer(4));

/** True for the first of the two threads that asks. */
export const claimed = (claim: Claim, by: "main" | "thread"): boolean =>
  Atomics.compareExchange(claim, 0, OPEN, by === "main" ? BY_MAIN : BY_THREAD) === OPEN;

export const isOpen = (claim: Claim): boolean => Atomics.load(claim, 0) === OPEN;
