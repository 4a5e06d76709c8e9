import { type CallHeaders, type Renewed, rpcError } from "@millrace/runtime";
import { nameOfToken, parseTokens, type Token, tokenHolders } from "./tokens.ts";

/** Who calls AdminService, as changes name them. */
export interface Operator {
  readonly name: string;
}

/** Of a token that names nobody. */
const UNNAMED = "admin";
/** Who calls a listener that asks for no token. */
const ANYONE: Operator = { name: "anonymous" };
/** A change that the configuration file asks for. */
export const configFile: Operator = { name: "config" };

const RESERVED = new Set([ANYONE.name, configFile.name]);

export type OperatorTokens = readonly Token<Operator>[];

/** Operators' tokens, each `name:token` or a token that names nobody; what its holder shows includes the name. */
export const operatorTokens = (text: string): OperatorTokens =>
  parseTokens(text, (token) => {
    const name = nameOfToken(token) ?? UNNAMED;
    if (RESERVED.has(name)) throw new Error(`: the name "${name}" is taken by Millrace`);
    return { token, holder: { name } };
  });

/** Lets in calls that show one of the tokens, as its operator; without tokens, every call. */
export function requireOperator(tokens: Renewed<OperatorTokens> | undefined) {
  if (tokens === undefined) return async (): Promise<Operator> => ANYONE;
  const holderOf = tokenHolders(tokens);
  return async (headers: CallHeaders): Promise<Operator> => {
    const operator = holderOf(headers);
    if (operator !== undefined) return operator;
    throw rpcError({ reason: "UNAUTHENTICATED", message: "the token is not right" });
  };
}
