import { type CallHeaders, type ReloadedValue, rpcError } from "@millrace/runtime";
import { nameOfToken, parseTokens, type Token, tokenHolders } from "./tokens.ts";

/** A caller of AdminService. The change log shows the name. */
export interface Operator {
  readonly name: string;
}

/** The name of operators whose token has no name. */
const UNNAMED = "admin";
/** The operator if no token is required. */
const ANYONE: Operator = { name: "anonymous" };
/** The operator of changes that the configuration file declares. */
export const configFile: Operator = { name: "config" };

const RESERVED = new Set([ANYONE.name, configFile.name]);

export type OperatorTokens = readonly Token<Operator>[];

/** Parses operators' tokens, each `name:token` or a token without a name. An operator sends the whole, name included. */
export const operatorTokens = (text: string): OperatorTokens =>
  parseTokens(text, (token) => {
    const name = nameOfToken(token) ?? UNNAMED;
    if (RESERVED.has(name)) throw new Error(`: the name "${name}" is reserved, use another`);
    return { token, holder: { name } };
  });

/**
 * Accepts calls that carry one of the tokens, and identifies its operator. If no tokens are configured, accepts every
 * call.
 */
export function requireOperator(tokens: ReloadedValue<OperatorTokens> | undefined) {
  if (tokens === undefined) return async (): Promise<Operator> => ANYONE;
  const holderOf = tokenHolders(tokens);
  return async (headers: CallHeaders): Promise<Operator> => {
    const operator = holderOf(headers);
    if (operator !== undefined) return operator;
    throw rpcError({
      reason: "UNAUTHENTICATED",
      message: "the operator's token is missing or wrong: send a token of MILLRACE_ADMIN_TOKEN",
    });
  };
}
