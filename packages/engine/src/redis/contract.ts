import type { Clock } from "@millrace/shared";

export interface StoreMemory {
  readonly usedBytes: number;
  /** `maxmemory`: Redis refuses all writes above it. 0 means no limit. */
  readonly limitBytes: number;
}

/** How many servers have begun to rewrite their append-only files, or why the scheduler's Redis user may not ask for it. */
export type RenewedFiles =
  | { readonly kind: "renewed"; readonly began: number }
  | { readonly kind: "notAllowed"; readonly why: string };

/** The engine's view of the Redis that it stores in. */
export interface Storage {
  /** The clock that the engine uses: Redis's time, or the clock that it was given. */
  readonly clock: Clock;
  /** Returns the memory of the fullest server. */
  memory(): Promise<StoreMemory>;
  /** Resolves when Redis answers. */
  ping(): Promise<void>;
  /**
   * Makes each Redis rewrite its append-only file unless it has done so since its start. After a crash, the file may hold
   * a part of a transaction, which Redis would apply at its next start. Schedulers repeat it as a duty.
   */
  renewFiles(): Promise<RenewedFiles>;
  /** Waits for calls that are under way, then ends subscriptions and connections. */
  close(): Promise<void>;
}
