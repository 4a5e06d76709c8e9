import { type CallHeaders, type ReloadedValue, rpcError } from "@millrace/runtime";
import { mayCall, type Role, roles } from "../operators/roles.ts";
import { nameOfToken, parseTokens, type Token, tokenHolders } from "./tokens.ts";

/** A caller of AdminService. The change log shows the name. */
export interface Operator {
  readonly name: string;
  /** Left out: an operator, who may make every call. */
  readonly role?: Role;
}

/** The name of operators whose token has no name. */
const UNNAMED = "admin";
/** The operator if no token is required. */
const ANYONE: Operator = { name: "anonymous" };
/** The operator of changes that the configuration file declares. */
export const configFile: Operator = { name: "config" };

/** The actor of changes that a provider account makes by itself. */
export const provider: Operator = { name: "provider" };

const RESERVED = new Set([ANYONE.name, configFile.name, provider.name]);
const ROLE = /^(.*);role=(.*)$/s;

export type OperatorTokens = readonly Token<Operator>[];

/**
 * Parses operators' tokens: `token`, `name:token`, or `name:token;role=reader` for somebody who may only look. An operator
 * sends the part before ";role=".
 */
export const operatorTokens = (text: string): OperatorTokens =>
  parseTokens(text, (entry) => {
    const [, token = entry, role] = ROLE.exec(entry) ?? [];
    if (token === "") throw new Error(" is empty");
    if (role !== undefined && !isRole(role)) {
      throw new Error(`: the role after ";role=" must be ${roles.join(" or ")}`);
    }
    const name = nameOfToken(token) ?? UNNAMED;
    if (RESERVED.has(name)) throw new Error(`: the name "${name}" is reserved, use another`);
    return { token, holder: { name, ...(role === undefined ? {} : { role }) } };
  });

const isRole = (text: string): text is Role => roles.includes(text as Role);

/**
 * Accepts calls that carry one of the tokens, and identifies its operator. Throws NOT_ALLOWED if the role of the token does
 * not allow the call. If no tokens are configured, accepts every call.
 */
export function requireOperator(tokens: ReloadedValue<OperatorTokens> | undefined) {
  if (tokens === undefined) return async (): Promise<Operator> => ANYONE;
  const holderOf = tokenHolders(tokens);
  return async (headers: CallHeaders, path: string): Promise<Operator> => {
    const operator = holderOf(headers);
    if (operator !== undefined) {
      const { name, role = "operator" } = operator;
      if (mayCall(role, path)) return operator;
      throw rpcError({
        reason: "NOT_ALLOWED",
        message: `the token "${name}" may only look: use the token of an operator`,
      });
    }
    throw rpcError({
      reason: "UNAUTHENTICATED",
      message: "the operator's token is missing or wrong: send a token of MILLRACE_ADMIN_TOKEN",
    });
  };
}
