import type { JobId } from "@millrace/shared";
import type { JobRecord } from "./contract.ts";

/** What a read found of awaited jobs. None of them is awaited any more. */
export interface EndsRead {
  /** Jobs that have finished, without their payloads. */
  readonly jobs: readonly JobRecord[];
  /** Jobs that do not exist, or no longer. */
  readonly missing: readonly JobId[];
}

/** The jobs whose end one listener awaits. Each job's end is reported once. */
export interface AwaitedEnds extends AsyncDisposable {
  /** How many jobs are awaited. */
  readonly size: number;
  /** Whether a read may find something. */
  readonly mayHaveNews: boolean;
  /** Awaits the ends of more jobs. A job that has ended already is reported, too. */
  add(ids: readonly JobId[]): Promise<void>;
  drop(ids: readonly JobId[]): void;
  /** Reads some of the jobs that may have finished. */
  read(): Promise<EndsRead>;
}

export interface Ends {
  /**
   * Awaits the ends of jobs, as often as they are added. `onNews` is called when a read may find something; it must not
   * throw. Dispose it only when no `add` is under way, because that would subscribe again.
   */
  awaitEnds(onNews: () => void): AwaitedEnds;
}
