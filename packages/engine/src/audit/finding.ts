/** What a repair looks at again, and mends if it still is wrong. */
export interface Mend {
  readonly kind: "job" | "key" | "pool" | "depth" | "lane" | "class" | "stored" | "account";
  readonly name: string;
}

/** What an audit found broken. The numbers are those of the invariants in ARCHITECTURE.md. */
export interface Finding {
  readonly invariant: number;
  /** What it is about: a job, a lane, a key, an account, a counter. */
  readonly subject: string;
  readonly problem: string;
  /** How it can be mended; left out where it is not provable what is right. */
  readonly mend?: Mend;
  /** The shard that it is in; left out of what is an account's. */
  readonly base?: string;
}
