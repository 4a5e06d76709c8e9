import type { MessagePort } from "node:worker_threads";
import type { OpenStream, StreamError } from "./link.ts";

/** A job that a worker held while its event loop was blocked. */
export interface BlockedJob {
  readonly jobId: string;
  /** Empty if the type is not known. */
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
  /** Answers a "look" message. */
  | { readonly kind: "awake" };

/** From the stream thread. It asks whether the main thread's event loop is turning. */
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
  /** Assignments. They belong to the main thread if it is the first to claim them. */
  | {
      readonly kind: "assignments";
      readonly stream: number;
      readonly bytes: Uint8Array;
      readonly claim: Claim;
    }
  | { readonly kind: "ended"; readonly stream: number; readonly error: StreamError | undefined }
  /** Sent when the main thread's event loop turns again. */
  | {
      readonly kind: "unblocked";
      readonly blockedMs: number;
      readonly jobs: readonly BlockedJob[];
    };

/** Shared memory that records which thread has claimed a message of assignments. */
export type Claim = Int32Array<SharedArrayBuffer>;

const OPEN = 0;
const BY_MAIN = 1;
const BY_THREAD = 2;

export const newClaim = (): Claim => new Int32Array(new SharedArrayBuffer(4));

/** Claims the message. Returns true for the first of the two threads that asks. */
export const claimed = (claim: Claim, by: "main" | "thread"): boolean =>
  Atomics.compareExchange(claim, 0, OPEN, by === "main" ? BY_MAIN : BY_THREAD) === OPEN;

export const isOpen = (claim: Claim): boolean => Atomics.load(claim, 0) === OPEN;
