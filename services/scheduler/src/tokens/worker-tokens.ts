import { type CallHeaders, type Renewed, rpcError } from "@millrace/runtime";
import { nameOfToken, parseTokens, type Token, tokenHolders } from "./tokens.ts";

/** Whose token a worker shows, and what it may serve. */
export interface WorkerPass {
  /** The token's name, for people. */
  readonly name: string;
  /** The only queues that it may serve. Left out: all. */
  readonly queues?: readonly string[];
  /** The only pools that it may serve. Left out: all. */
  readonly pools?: readonly string[];
}

/** Of a token that names nobody, and of workers where no token is asked for. */
const UNNAMED: WorkerPass = { name: "worker" };
const SCOPE = /^(queues|pools)=([a-z0-9][a-z0-9._/-]{0,62}( [a-z0-9][a-z0-9._/-]{0,62})*)$/;

export type WorkerTokens = readonly Token<WorkerPass>[];

/**
 * Workers' tokens: `token`, `name:token`, or with what it may serve, `name:token;queues=a b;pools=c`.
 * What a worker shows is all before the first ";".
 */
export const workerTokens = (text: string): WorkerTokens =>
  parseTokens(text, (entry) => {
    const [token = "", ...scopes] = entry.split(";").map((part) => part.trim());
    if (token === "") throw new Error(" is empty");
    const name = nameOfToken(token) ?? UNNAMED.name;
    const limits = scopes.map((scope) => {
      const [, kind = "", values = ""] = SCOPE.exec(scope) ?? [];
      if (kind === "") throw new Error(': after ";" comes queues=a b or pools=a b');
      return [kind, values.split(" ")] as const;
    });
    return { token, holder: { name, ...Object.fromEntries(limits) } };
  });

/** Throws NOT_ALLOWED where a worker would serve what its token does not let it serve. */
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

/** Lets in calls that show one of the tokens; without tokens, every call. */
export function requireWorker(tokens: Renewed<WorkerTokens> | undefined) {
  if (tokens === undefined) return async (): Promise<WorkerPass> => UNNAMED;
  const holderOf = tokenHolders(tokens);
  return async (headers: CallHeaders): Promise<WorkerPass> => {
    const pass = holderOf(headers);
    if (pass !== undefined) return pass;
    throw rpcError({ reason: "TOKEN_REJECTED", message: "the token is not right" });
  };
}
