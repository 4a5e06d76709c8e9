/** Redis cannot be reached, or refuses for a temporary reason. Repeating the call is safe, and may succeed. */
export class StoreUnavailable extends Error {
  override readonly name = "StoreUnavailable";
  /** Redis is reachable, but does not accept the user, its password or its permissions. */
  readonly accessDenied: boolean;

  constructor(message: string, { accessDenied = false, ...options }: StoreUnavailableOptions = {}) {
    super(message, options);
    this.accessDenied = accessDenied;
  }
}

interface StoreUnavailableOptions extends ErrorOptions {
  readonly accessDenied?: boolean;
}

const accessReplies = /(^|\s)(NOAUTH|WRONGPASS|NOPERM)\b/;

const passingReplies =
  /^(LOADING|BUSY|READONLY|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|ASK|MOVED|NOREPLICAS|MISCONF|OOM)\b/;
/** What ioredis says of connections, and of a Cluster whose nodes it does not reach. */
const connectionFaults = new RegExp(
  [
    ...["Connection is (closed|aborted|discarded)", "aborted due to connection close"],
    ...["Command timed out", "max retries per request", "writeable", "connect ETIMEDOUT"],
    ...["Socket (closed|timeout)", "Too many Cluster redirections", "None of startup nodes"],
    ...["slots cache", "Cluster is (ended|disconnect)", "Cluster isn't ready"],
    ...["Node is disconnected", "No master node is available", "No (sharded )?subscriber"],
    "sentinels are unreachable",
  ].join("|"),
  "i",
);

/** Converts a fault to what the engine throws: StoreUnavailable if waiting may help, else an error that names the action. */
export function asStoreFault(error: unknown, doing: string): Error {
  if (error instanceof StoreUnavailable) return error;
  // ioredis attaches the whole command to its errors, with the script's text and callers' payloads.
  if (error instanceof Error) Reflect.deleteProperty(error, "command");
  const message = error instanceof Error ? error.message : String(error);
  if (accessReplies.test(message)) {
    return new StoreUnavailable(
      `Redis denies access: ${doing}: ${message}: configure the scheduler with a Redis user that exists, its password, and the permissions that Millrace needs`,
      { cause: error, accessDenied: true },
    );
  }
  const code = (error as { code?: unknown } | undefined)?.code;
  const passing =
    passingReplies.test(message) ||
    connectionFaults.test(message) ||
    (typeof code === "string" &&
      /^E(CONN|PIPE|TIMEDOUT|HOSTUNREACH|NETUNREACH|NOTFOUND|AI_AGAIN)/.test(code));
  return passing
    ? new StoreUnavailable(`Redis is unavailable: ${doing}: ${message}`, { cause: error })
    : new Error(`${doing}: ${message}`, { cause: error });
}

/** Runs a call to the store, and converts what it rejects with. `doing` names the action in the message. */
export async function asStoreCall<T>(doing: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw asStoreFault(error, doing);
  }
}
