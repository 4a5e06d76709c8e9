export const bands = ["interactive", "standard", "batch"] as const;

export type Band = (typeof bands)[number];

/** The band of a priority. Plain BullMQ jobs may have 0, and count as standard. */
export function bandOf(priority: number): Band {
  if (priority === 0) return "standard";
  if (priority <= 10) return "interactive";
  return priority <= 50 ? "standard" : "batch";
}
