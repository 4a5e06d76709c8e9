import type { Clock, Random } from "@millrace/shared";

export interface ConnectOptions {
  /**
   * The gateway's `host:port`. With several addresses, each call goes to the next gateway that can be reached. A
   * DNS name with several addresses, such as `dns:///gateway:7400`, spreads the calls in the same way.
   */
  readonly address: string | readonly string[];
  /** The form is `mr_<key id>_<secret>`. */
  readonly apiKey: string;
  /**
   * The connection is plaintext unless this is given. Without `ca`, the client trusts the root certificates of
   * the system.
   */
  readonly tls?: {
    readonly ca?: Buffer;
    /** The client's own certificate, for a gateway that requires one. */
    readonly cert?: Buffer;
    readonly key?: Buffer;
  };
  /** The deadline of each call that sets none itself, in milliseconds. Default 30,000. */
  readonly deadlineMs?: number;
  /** A test may replace the clock. */
  readonly clock?: Clock;
  /** A test may replace the random source. */
  readonly random?: Random;
}

/** Options that every call takes. */
export interface CallOptions {
  /** Aborting it cancels the call, which fails with CANCELLED. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds from now. After that the call fails with DEADLINE_EXCEEDED. */
  readonly deadlineMs?: number | undefined;
}
