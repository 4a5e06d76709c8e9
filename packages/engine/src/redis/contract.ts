import type { Clock } from "@millrace/shared";

export interface StoreMemory {
  readonly usedBytes: number;
  /** `maxmemory`, from which on all writes are refused; 0: there is none. */
  readonly limitBytes: number;
}

/** How many servers have begun to write their files anew; or why the scheduler's user cannot have them do so. */
export type RenewedFiles =
  | { readonly kind: "renewed"; readonly began: number }
  | { readonly kind: "notAllowed"; readonly why: string };

/** What the engine says of the Redis that it stores in. */
export interface Storage {
  /** The time that the engine goes by: Redis's, or the clock that it was given. */
  readonly clock: Clock;
  /** Of the server that is fullest. */
  memory(): Promise<StoreMemory>;
  /** Resolves if Redis answers. */
  ping(): Promise<void>;
  /**
   * Has each Redis write its append-only file anew that has not done so since it started: after a crash the file may hold a
   * part of a transaction, which Redis would apply at its next start. A duty.
   */
  renewFiles(): Promise<RenewedFiles>;
  /** Ends subscriptions and connections. Calls under way are waited for. */
  close(): Promise<void>;
}
