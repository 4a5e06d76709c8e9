/** The names of what is stored of models and of the routes of their jobs. Part of the table in stored-names.ts. */
export const modelNames = {
  // A job's hash.
  /** For a job of a model: the route of its last attempt, R.route. */
  route: "rt",
  /** For a job of a model: the accounts that it has failed on, separated by spaces, the last one at the end. */
  failed_accounts: "fac",

  // A member of a job's spec.
  spec_model: "mo",

  // mr:models: the version of the registry that the shard has copied.
  models_version: "*",
} as const;
