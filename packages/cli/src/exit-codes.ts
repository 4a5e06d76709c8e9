/** The exit codes of the command. docs/cli.md lists them. */
export const exitCodes = {
  ok: 0,
  /** The job ended without a result, or Millrace refused the request. */
  failed: 1,
  /** Flags, values or files are wrong. Nothing was changed. */
  usage: 2,
  /** Millrace cannot be reached, is not ready, or did not answer in time. */
  unreachable: 3,
  /** The API key or the admin token is missing or wrong, or does not allow the call. */
  notAllowed: 4,
  /** There is no such job, queue, key, account or document. */
  notFound: 5,
  /** Stopped by Ctrl-C or SIGTERM. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];
