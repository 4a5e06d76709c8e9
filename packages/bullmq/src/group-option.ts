import type {} from "bullmq";

/**
 * The group of a job: any text, such as the id of a customer. `cost` is how much of the group's rate the job takes, and how
 * far it moves its group back in the fair order: a whole number from 1, which is also the default.
 */
export type GroupOption = string | { readonly id: string; readonly cost?: number };

declare module "bullmq" {
  interface DefaultJobOptions {
    /** The group of the job, for queues with `fairBackend()` of @millrace/bullmq. Jobs without one share a group. */
    group?: GroupOption;
  }
}

export interface Group {
  /** "" for jobs without a group. */
  readonly id: string;
  readonly cost: number;
}

/** Reads the group of a job's options, and checks it. */
export function groupOf({ group }: { readonly group?: GroupOption | undefined }): Group {
  if (group === undefined) return { id: "", cost: 1 };
  const { id, cost = 1 } = typeof group === "string" ? { id: group } : group;
  checkGroup(id);
  if (!Number.isSafeInteger(cost) || cost < 1) {
    throw new RangeError(`group.cost is ${cost}: give a whole number from 1`);
  }
  return { id, cost };
}

export function checkGroup(group: unknown): void {
  if (typeof group !== "string" || group === "") {
    throw new TypeError(
      `the group is ${JSON.stringify(group)}: give a text that is not empty, or leave the option out`,
    );
  }
}
