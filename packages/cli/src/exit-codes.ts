/** What the command's exit code says; docs/cli.md lists them. */
export const exitCodes = {
  ok: 0,
  /** The job ended without a result, or Millrace refused what was asked. */
  failed: 1,
  /** Flags, values or files are wrong; nothing was changed. */
  usage: 2,
  /** Millrace could not be reached or was not ready, or did not answer in time. */
  unreachable: 3,
  /** The API key or the admin token is missing, wrong, or not enough. */
  notAllowed: 4,
  /** There is no such job, queue, key, account or document. */
  notFound: 5,
  /** Stopped by Ctrl-C or SIGTERM. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];
