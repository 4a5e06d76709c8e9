/** The band of a priority. Plain BullMQ jobs may have 0, and count as standard. */
export const bandOf = (priority: number): "interactive" | "standard" | "batch" =>
  priority === 0
    ? "standard"
    : priority <= 10
      ? "interactive"
      : priority <= 50
        ? "standard"
        : "batch";
