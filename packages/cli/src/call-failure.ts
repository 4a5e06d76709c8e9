import { MillraceError } from "@millrace/client";
import { formatDuration } from "@millrace/shared";
import { type ExitCode, exitCodes } from "./exit-codes.ts";
import { Failure } from "./failure.ts";

/** The service that was called, and the settings that name it. */
export interface Called {
  readonly what: string;
  readonly address: string;
  readonly setting: string;
  readonly secret: string;
  readonly interrupted: AbortSignal;
  /** Finds out which listener answers at the address. */
  readonly listener: () => Promise<string | undefined>;
}

/**
 * Turns a failed call into a Failure for people: what happened, and what to do next. Returns any other error
 * unchanged.
 */
export async function callFailure(error: unknown, called: Called): Promise<unknown> {
  if (!(error instanceof MillraceError)) return error;
  if (called.interrupted.aborted)
    return new Failure(exitCodes.interrupted, "Stopped by Ctrl-C or SIGTERM.", error);
  const wrong = await wrongListener(error, called);
  if (wrong !== undefined) return new Failure(exitCodes.unreachable, wrong, error);
  const [exitCode, message] = explain(error, called);
  return new Failure(exitCode, message, error);
}

/** Codes with which a listener answers that does not serve the call, or does not speak gRPC. */
const foreign = new Set(["UNIMPLEMENTED", "UNAVAILABLE", "INTERNAL"]);

/** The message for an address that is another listener of Millrace: a mistake that no retry ends. */
async function wrongListener(
  { code, reason }: MillraceError,
  { what, address, setting, listener }: Called,
): Promise<string | undefined> {
  const isOwn = reason !== undefined && reason !== "ROUTE_NOT_FOUND";
  if (!foreign.has(code) || isOwn) return undefined;
  const found = await listener();
  const isRight = found === "a gateway's listener for callers" && what === "the gateway";
  return found === undefined || what === found || isRight
    ? undefined
    : `${address} is ${found}, not ${what}. Set the address with ${setting}.`;
}

function explain(error: MillraceError, called: Called): [ExitCode, string] {
  const { code, reason, message } = error;
  switch (code) {
    case "UNAVAILABLE":
      return [
        exitCodes.unreachable,
        reason === undefined
          ? `Cannot reach ${called.what} at ${called.address}. Check that it runs there, or set its address with ${called.setting}. (${message})`
          : `Millrace is not ready: ${message}. Try again in a moment.`,
      ];
    case "DEADLINE_EXCEEDED":
      return [
        exitCodes.unreachable,
        `No answer in time from ${called.what} at ${called.address}. Use --timeout to wait longer. (${message})`,
      ];
    case "UNAUTHENTICATED":
      return [
        exitCodes.notAllowed,
        `${message}: ${called.what} at ${called.address} does not accept the value of ${called.secret} (or of the file in ${called.secret}_FILE).`,
      ];
    case "PERMISSION_DENIED":
      return [exitCodes.notAllowed, `Not allowed: ${message}.`];
    case "NOT_FOUND":
      return [exitCodes.notFound, `Not found: ${message}.`];
    case "INVALID_ARGUMENT":
      return [exitCodes.usage, malformed(error)];
    case "RESOURCE_EXHAUSTED":
      return [exitCodes.failed, `Refused for now: ${message}.${retryHint(error)}`];
    case "UNIMPLEMENTED":
      return [exitCodes.failed, `The server does not support this call: ${message}.`];
    case "JOB_FAILED":
    case "JOB_CANCELLED":
    case "JOB_EXPIRED":
      return [exitCodes.failed, `The job ended without a result: ${reason ?? code}: ${message}`];
    default:
      return [
        exitCodes.failed,
        `Refused: ${message}${reason === undefined ? "" : ` (${reason})`}.`,
      ];
  }
}

function malformed({ message, violations }: MillraceError): string {
  if (violations.length === 0) return `The request is invalid: ${message}.`;
  const lines = violations.map(({ field, description }) => `${field}: ${description}`);
  return ["The request is invalid:", ...lines].join("\n");
}

const retryHint = ({ retryAfterMs }: MillraceError): string =>
  retryAfterMs === undefined ? "" : ` Try again in ${formatDuration(retryAfterMs)}.`;
