/** A worker whose stream is open at a scheduler. */
export interface WorkerEntry {
  /** The id from the worker's hello. */
  readonly workerId: string;
  /** The name of the token that the worker sent. */
  readonly tokenName: string;
  readonly sdk: string;
  /** The version of the worker's own program; "" if it says none. */
  readonly version: string;
  /** The address from which it connects, host:port. */
  readonly address: string;
  readonly queues: readonly string[];
  readonly pools: readonly string[];
  /** Empty: it serves any type. */
  readonly types: readonly string[];
  /** How many attempts it runs at once; 0 if it says none. */
  readonly slots: number;
  readonly running: number;
  readonly freeSlots: number;
  readonly sinceMs: number;
  /** When its last message arrived. */
  readonly heardMs: number;
  readonly draining: boolean;
}

/** What one scheduler knows of its workers. */
export interface PublishedWorkers {
  readonly schedulerId: string;
  readonly workers: readonly WorkerEntry[];
}

/**
 * Where each scheduler publishes its workers, so that all of them know which workers there are. Nothing is leased by it: it is
 * for people, and a few seconds old.
 */
export interface Roster {
  /**
   * Replaces what was published under `name`, which differs for each process. It counts for 15 seconds, so a scheduler
   * publishes again in time.
   */
  publish(name: string, published: PublishedWorkers): Promise<void>;
  /** Removes what was published under `name`. */
  withdraw(name: string): Promise<void>;
  /** What counts now, by name. */
  read(): Promise<ReadonlyMap<string, PublishedWorkers>>;
}
