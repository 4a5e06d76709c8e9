/** What the program of callers is told, and what it reports. */
export interface LoadOptions {
  /** The name of this run, which its jobs carry as a label. */
  readonly run: string;
  /** Where the gateway answers gRPC. */
  readonly address: string;
  /** Where it answers HTTP. Left out: no caller uses HTTP. */
  readonly http?: string;
  readonly apiKey: string;
  readonly queue: string;
  /** How long a job takes, in ms. */
  readonly jobMs: number;
  /** How many callers each do one job after the other. */
  readonly callers: number;
  /** How many jobs are submitted each second besides, whatever becomes of those before. */
  readonly perSecond: number;
  /** What the callers do, in turn: wait, watch, http. Default: all. */
  readonly ways?: readonly string[];
}

export interface LoadReport {
  readonly seconds: number;
  readonly jobs: number;
  /** How many submissions were answered, and are stored. */
  readonly acknowledged: number;
  /** How many jobs are in each state, and were run in how many attempts. */
  readonly states: Readonly<Record<string, number>>;
  readonly attempts: Readonly<Record<string, number>>;
  /** How many attempts lost their worker. */
  readonly stalls: number;
  /** How many idempotency keys have two jobs. */
  readonly doubled: number;
  /** Calls that failed after all retries. */
  readonly failedCalls: number;
  readonly failures: readonly {
    readonly atMs: number;
    readonly what: string;
    readonly error: string;
  }[];
  /** How often plain HTTP calls were made again, by reason. */
  readonly httpRetries: Readonly<Record<string, number>>;
  /** The longest time in which no job ended, in ms. */
  readonly longestGapMs: number;
  readonly tookMs: { readonly p50: number; readonly p99: number; readonly most: number };
}
