/** What a repair checks again, and repairs if it is still wrong. */
export interface RepairSubject {
  readonly kind:
    | "job"
    | "key"
    | "portion"
    | "pool"
    | "depth"
    | "lane"
    | "class"
    | "stored"
    | "group"
    | "schedule"
    | "outbox"
    | "subscribers"
    | "models"
    | "spend"
    | "account";
  readonly name: string;
}

/** An invariant that does not hold. The numbers are those of the table in ARCHITECTURE.md. */
export interface Finding {
  readonly invariant: number;
  /** The job, lane, key, account or counter that is wrong. */
  readonly subject: string;
  readonly problem: string;
  /** How it can be repaired. Absent if the right value cannot be proved. */
  readonly repair?: RepairSubject;
  /** The shard of the subject. Absent for a provider account. */
  readonly base?: string;
}
