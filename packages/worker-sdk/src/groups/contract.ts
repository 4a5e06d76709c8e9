/** A job that an executor hands over to other workers. It is of the queue and the API key of the executor's job. */
export interface ChildJob {
  /** The job type, which chooses the executor. */
  readonly type: string;
  /** A value that JSON represents as an object, at most 256 KiB. Default: the empty object. */
  readonly payload?: unknown;
  /** 1 (most urgent) to 100. Default: the priority of the executor's job. */
  readonly priority?: number;
  /** Default: the pool of the executor's job, unless the child names a model. */
  readonly pool?: string;
  /** A model of the catalogue. Not with a pool. Default: the model of the executor's job, unless the child names a pool. */
  readonly model?: string;
  readonly documentIds?: readonly string[];
  readonly estimatedTokens?: number;
  /** Default: the queue's. */
  readonly maxAttempts?: number;
  /** Default: the labels of the executor's job. */
  readonly labels?: Readonly<Record<string, string>>;
  /** The latest start, in milliseconds since the Unix epoch. */
  readonly expiresAtMs?: number;
  /** The latest finish, in milliseconds since the Unix epoch. */
  readonly deadlineMs?: number;
}

/**
 * The children of a fan-out, or a function that makes them. The function is called only while the children are not all
 * handed over, so that a run after that need not make them again.
 */
export type Children =
  | readonly ChildJob[]
  | (() => readonly ChildJob[] | Promise<readonly ChildJob[]>);

/** Makes children one by one, in the same order each time. */
export type ChildrenInTurn = () => AsyncIterable<ChildJob>;

/** How children belong together. Children and options must be the same each time that the executor runs. */
export interface FanOutOptions {
  /**
   * When the children succeed as a whole: all of them, any one, or at least this percentage (1 to 100). Default "all".
   * The executor runs again in any case, and `met` tells whether the rule is met.
   */
  readonly rule?: "all" | "any" | number;
  /** The most children that wait for a worker or run at once. Default: no limit. */
  readonly maxInFlight?: number;
  /** True: children go on when the rule is decided before they have ended. Default: they are cancelled then. */
  readonly keepSiblings?: boolean;
  /** The W3C trace context of the children. Default: that of the attempt. It may differ between runs. */
  readonly traceparent?: string;
  readonly tracestate?: string;
}

export type ChildState =
  | "SUCCEEDED"
  | "FAILED"
  | "CANCELLED"
  | "EXPIRED"
  /** Removed before it ended, for example by an operator. */
  | "REMOVED"
  /** Not ended: the rule was decided before, and the child goes on or is being cancelled. */
  | "QUEUED"
  | "SCHEDULED"
  | "RUNNING"
  | "WAITING";

/** What one child gave. */
export interface ChildResult {
  /** From 1, in the order in which the children were handed over. */
  readonly index: number;
  readonly jobId: string;
  readonly state: ChildState;
  /** The result of a child that succeeded, parsed from JSON. */
  readonly result?: unknown;
  /** True if the child succeeded and its result is longer than 64 KiB, so that `result` is absent. */
  readonly resultOmitted?: true;
  /** Why the child failed, was cancelled or expired. */
  readonly failure?: {
    readonly reason: string;
    readonly message: string;
    readonly retryable: boolean;
    /** What its executor knew beyond the reason. */
    readonly details?: Readonly<Record<string, unknown>>;
  };
}

/** What the children of a fan-out gave. */
export interface FanOutResult {
  /** Whether the rule is met. */
  readonly met: boolean;
  readonly state: "SUCCEEDED" | "FAILED" | "CANCELLED" | "EXPIRED";
  readonly groupId: string;
  /** In the order in which they were handed over. */
  readonly children: readonly ChildResult[];
}

export interface FanOutManyOptions extends FanOutOptions {
  /** Names what the children are made from. The same plan makes the same children. */
  readonly plan: string;
}

/** What one of many children gave. */
export interface ManyChildResult extends Omit<ChildResult, "result"> {
  /** The result of a child that succeeded, as JSON text. Absent with `resultOmitted`: the child is no longer kept. */
  readonly resultJson?: string;
  /** What its attempts cost, if that is read. Absent: the child is no longer kept. */
  readonly cost?: ChildCost;
}

/** What the attempts of a child cost. */
export interface ChildCost {
  /** Of the attempts whose price was known, in micro-dollars (millionths of a US dollar). Absent: there was none. */
  readonly micros?: number;
  /** How many attempts of the child's model had no known price. */
  readonly unpricedAttempts: number;
}

export interface ReadManyOptions {
  /** True: `cost` is read, too. Default: it is absent. */
  readonly costs?: boolean;
}

/** A fan-out of many children that have ended. */
export interface FanOutManyResult {
  /** Whether the rule is met. */
  readonly met: boolean;
  readonly state: FanOutResult["state"];
  readonly groupId: string;
  /** How many children were handed over. */
  readonly total: number;
  /** Reads what they gave, in the order in which they were handed over. It may be called several times. */
  children(options?: ReadManyOptions): AsyncIterable<ManyChildResult>;
}
