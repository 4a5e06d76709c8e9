/** What an audit found broken. The numbers are those of the invariants in ARCHITECTURE.md. */
export interface Finding {
  readonly invariant: number;
  /** What it is about: a job, a lane, a key, an account, a counter. */
  readonly subject: string;
  readonly problem: string;
}
