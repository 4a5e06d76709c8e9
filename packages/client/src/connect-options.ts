import type { Clock, Random } from "@millrace/shared";

export interface ConnectOptions {
  /**
   * The gateway's `host:port`; of several, each call goes to the next that answers. A DNS name with
   * several addresses, `dns:///gateway:7400`, is spread over likewise.
   */
  readonly address: string | readonly string[];
  /** `mr_<key id>_<secret>`. */
  readonly apiKey: string;
  /** Plaintext unless given; without `ca`, the system's roots are trusted. */
  readonly tls?: {
    readonly ca?: Buffer;
    /** A certificate of the caller's own, where the gateway asks for one. */
    readonly cert?: Buffer;
    readonly key?: Buffer;
  };
  /** For each call that names none of its own. Default 30 s. */
  readonly deadlineMs?: number;
  /** For tests. */
  readonly clock?: Clock;
  /** For tests. */
  readonly random?: Random;
}

/** What any one call takes. */
export interface CallOptions {
  /** Cancels the call: it fails with CANCELLED. */
  readonly signal?: AbortSignal | undefined;
  /** From now: then it fails with DEADLINE_EXCEEDED. */
  readonly deadlineMs?: number | undefined;
}
