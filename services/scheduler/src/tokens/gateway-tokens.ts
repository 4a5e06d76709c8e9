import { type CallHeaders, type ReloadedValue, rpcError } from "@millrace/runtime";
import { parseTokens, type Token, tokenHolders } from "./tokens.ts";

export type GatewayTokens = readonly Token<true>[];

/** Tokens that gateways may send. During a rotation there are several. */
export const gatewayTokens = (text: string): GatewayTokens =>
  parseTokens(text, (token) => ({ token, holder: true }));

/** Accepts calls that carry one of the tokens. If no tokens are configured, accepts every call. */
export function requireGateway(tokens: ReloadedValue<GatewayTokens> | undefined) {
  if (tokens === undefined) return async (): Promise<undefined> => undefined;
  const holderOf = tokenHolders(tokens);
  return async (headers: CallHeaders): Promise<undefined> => {
    if (holderOf(headers)) return;
    throw rpcError({
      reason: "TOKEN_REJECTED",
      message: "the gateway's token is wrong: set the same MILLRACE_INTERNAL_TOKEN on both",
    });
  };
}
