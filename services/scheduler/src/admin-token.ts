import { createHash, timingSafeEqual } from "node:crypto";
import { type CallHeaders, rpcError } from "@millrace/runtime";

/** Who calls AdminService, as changes name them. */
export interface Operator {
  readonly name: string;
}

/** Of a token that names nobody. */
const UNNAMED = "admin";
/** Whoever reaches a listener that asks for no token. */
const ANYONE: Operator = { name: "anonymous" };
/** A change that the configuration file asks for. */
export const configFile: Operator = { name: "config" };

const RESERVED = new Set([ANYONE.name, configFile.name]);
const NAME = /^[a-z0-9][a-z0-9._-]{0,62}$/;

export interface AdminToken {
  /** What its holder shows, the name included. */
  readonly token: string;
  readonly operator: Operator;
}

/** Tokens by commas, each `name:token` or a token that names nobody. Throws what is wrong with them, and nothing of them. */
export function adminTokens(text: string): readonly AdminToken[] {
  return text.split(",").map((part, index) => {
    const token = part.trim();
    const colon = token.indexOf(":");
    const name = colon < 0 ? UNNAMED : token.slice(0, colon);
    const where = `token ${index + 1}`;
    if (token === "" || colon === token.length - 1) throw new Error(`${where} is empty`);
    if (!NAME.test(name)) {
      throw new Error(`${where}: what is before ":" is a name of a-z, 0-9, ".", "_", "-"`);
    }
    if (RESERVED.has(name)) throw new Error(`${where}: the name "${name}" is taken by Millrace`);
    return { token, operator: { name } };
  });
}

const digest = (text: string) => createHash("sha256").update(text).digest();

/** Lets in calls that show one of the tokens, as its operator; without tokens, every call. */
export function requireOperator(tokens: readonly AdminToken[] | undefined) {
  const known = tokens?.map(({ token, operator }) => ({
    wanted: digest(`Bearer ${token}`),
    operator,
  }));
  return async (headers: CallHeaders): Promise<Operator> => {
    if (known === undefined) return ANYONE;
    const shown = digest(headers.get("authorization") ?? "");
    // All of them, whichever fits: how long it takes tells nothing.
    const fitting = known.filter(({ wanted }) => timingSafeEqual(shown, wanted));
    if (fitting[0] !== undefined) return fitting[0].operator;
    throw rpcError({ reason: "UNAUTHENTICATED", message: "the token is not right" });
  };
}
