/** The names of what is stored of provider accounts. accounts/lib/slices.lua and exchange_account.lua describe it. */
export const accountNames = {
  // The registry of provider accounts: how often it was changed.
  account_registry_version: "*",

  // mr:slice:<pool>.
  /** The grant's number. */
  slice_version: "v",
  slice_until_ms: "u",
  /** The second of the account's clock that the grant was charged to. */
  slice_second: "s",
  slice_requests: "q",
  slice_tokens: "t",
  /** The most tokens that one job can reserve, or "". */
  slice_most_tokens: "m",
  /** How many jobs may run. */
  slice_allowed: "a",
  slice_running: "n",
  /** "count second ms": successes that are not yet reported, the second to which the newest was charged, and when the last one ended. */
  slice_successes: "k",
  /** The probe that the grant is for, or "". */
  slice_probe: "p",
  /** A probe that has ended, or was not used. */
  slice_probe_ended: "b",
  /** This and a second: corrections of tokens that are not yet reported. */
  slice_token_correction: "c",
  /** This and a second: corrections of requests that are not yet reported. */
  slice_request_correction: "e",
  /** The report that goes with this grant. It stays until the next grant arrives. */
  slice_report: "r",
  /** "1" if other shards use the account too. */
  slice_shared: "o",
  /** "key last_ms other_ms": the key that reserved last, when it did, and when another key last did. */
  slice_last_key: "x",

  // mr:account, with the windows q and t.
  account_generation: "gen",
  /** The version of the registry that the limits were copied from. */
  account_version: "ver",
  account_requests_limit: "lq",
  account_tokens_limit: "lt",
  account_running_limit: "lr",
  /** "", "cool", "half" or "exhausted". */
  account_state: "st",
  account_cool_until_ms: "cu",
  /** The time until which the account waits for a probe. It also names the probe. */
  account_probe_until_ms: "pb",
  /** "refused" or "failed". */
  account_cool_reason: "wy",
  /** When the present episode began. */
  account_episode_ms: "es",
  /** When the last cool-down of the account began. */
  account_cooling_ms: "op",
  /** How many cool-downs the present episode had. */
  account_cool_downs: "ep",
  /** How many jobs may run, as refusals have lowered it; "": no limit. */
  account_learned_running: "lim",
  /** Failures since the last success. accounts/lib/failures.lua describes them. */
  account_failures: "fl",
  /** "ms status message": the last call that the provider refused or failed. */
  account_last_refusal: "rf",
  /** The sum of the jobs that all shards are allowed. */
  account_allowed: "R",
  /** This and a shard: its last grant's number, the jobs that the grant allows, the grant, and when the shard wanted more than it got. */
  account_shard_version: "v:",
  account_shard_allowed: "a:",
  account_shard_grant: "g:",
  account_shard_wanted_ms: "d:",
} as const;
