/** Keys of a shard that an earlier version stored. lanes/lib/former_names.lua replaces them by their present names. */
export const formerKeyTypes = {
  // mr:budgets
  "mr:limits": "hash",
  // mr:held
  "mr:parked": "zset",
  // mr:held-classes:<key>
  "mr:held:": "set",
} as const;
