import { type CallHeaders, type Renewed, rpcError } from "@millrace/runtime";
import { parseTokens, type Token, tokenHolders } from "./tokens.ts";

export type GatewayTokens = readonly Token<true>[];

/** What gateways may show: the first, and those that replace it or are being replaced. */
export const gatewayTokens = (text: string): GatewayTokens =>
  parseTokens(text, (token) => ({ token, holder: true }));

/** Lets in calls that show one of the tokens; without tokens, every call. */
export function requireGateway(tokens: Renewed<GatewayTokens> | undefined) {
  if (tokens === undefined) return async (): Promise<undefined> => undefined;
  const holderOf = tokenHolders(tokens);
  return async (headers: CallHeaders): Promise<undefined> => {
    if (holderOf(headers)) return;
    throw rpcError({ reason: "TOKEN_REJECTED", message: "the token is not right" });
  };
}
