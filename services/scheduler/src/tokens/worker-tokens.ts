import { type CallHeaders, type ReloadedValue, rpcError } from "@millrace/runtime";
import { nameOfToken, parseTokens, type Token, tokenHolders } from "./tokens.ts";

/** The holder of a worker token, and what its workers may serve. */
export interface WorkerPass {
  /** The token's name, for operators. */
  readonly name: string;
  /** The queues that the worker may serve. Left out if it may serve all. */
  readonly queues?: readonly string[];
  /** The pools that the worker may serve. Left out if it may serve all. */
  readonly pools?: readonly string[];
}

/** The pass of a token without a name, and of workers if no token is required. */
const UNNAMED: WorkerPass = { name: "worker" };
const SCOPE = /^(queues|pools)=([a-z0-9][a-z0-9._/-]{0,62}( [a-z0-9][a-z0-9._/-]{0,62})*)$/;

export type WorkerTokens = readonly Token<WorkerPass>[];

/**
 * Parses workers' tokens: `token`, `name:token`, or `name:token;queues=a b;pools=c` to limit what they may serve. A worker
 * sends the part before the first ";".
 */
export const workerTokens = (text: string): WorkerTokens =>
  parseTokens(text, (entry) => {
    const [token = "", ...scopes] = entry.split(";").map((part) => part.trim());
    if (token === "") throw new Error(" is empty");
    const name = nameOfToken(token) ?? UNNAMED.name;
    const limits = scopes.map((scope) => {
      const [, kind = "", values = ""] = SCOPE.exec(scope) ?? [];
      if (kind === "") throw new Error(': the part after ";" must be queues=a b or pools=a b');
      return [kind, values.split(" ")] as const;
    });
    return { token, holder: { name, ...Object.fromEntries(limits) } };
  });

/** Throws NOT_ALLOWED if the worker's token does not allow what it asks to serve. */
export function assertAllowed(
  pass: WorkerPass,
  hello: { readonly queues: readonly string[]; readonly pools: readonly string[] },
): void {
  for (const kind of ["queues", "pools"] as const) {
    const allowed = pass[kind];
    const refused = allowed && hello[kind].filter((name) => !allowed.includes(name));
    if (refused === undefined || refused.length === 0) continue;
    throw rpcError({
      reason: "NOT_ALLOWED",
      message: `the worker token "${pass.name}" may not serve the ${kind} ${refused.join(", ")}: it may serve ${allowed?.join(", ")}`,
    });
  }
}

/** Accepts calls that carry one of the tokens. If no tokens are configured, accepts every call. */
export function requireWorker(tokens: ReloadedValue<WorkerTokens> | undefined) {
  if (tokens === undefined) return async (): Promise<WorkerPass> => UNNAMED;
  const holderOf = tokenHolders(tokens);
  return async (headers: CallHeaders): Promise<WorkerPass> => {
    const pass = holderOf(headers);
    if (pass !== undefined) return pass;
    throw rpcError({
      reason: "TOKEN_REJECTED",
      message: "the worker's token is wrong: set a token of the scheduler's MILLRACE_WORKER_TOKEN",
    });
  };
}
