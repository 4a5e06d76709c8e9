import type { Lease } from "@millrace/engine";

/** The pool that is a provider account. */
export const ACCOUNT = "acc";

/** Whether an attempt uses the account: its job names it as its pool, or its route leads to it. */
export const usesAccount = ({ route, job }: Pick<Lease, "route" | "job">): boolean =>
  (route?.account ?? job.pool) === ACCOUNT;
