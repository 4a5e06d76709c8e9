import { createHash, timingSafeEqual } from "node:crypto";
import type { CallHeaders, ReloadedValue } from "@millrace/runtime";

/** A token that a client sends as `Bearer <token>`, and whom it identifies. */
export interface Token<Holder> {
  readonly token: string;
  readonly holder: Holder;
}

/**
 * Parses the tokens of a setting or a file, separated by commas or lines; `parse` gets one token at a time. Error messages
 * contain no part of a token.
 */
export function parseTokens<Holder>(
  text: string,
  parse: (token: string) => Token<Holder>,
): readonly Token<Holder>[] {
  return text.split(/[,\n]/).map((part, index) => {
    const token = part.trim();
    const where = `token ${index + 1}`;
    if (token === "") throw new Error(`${where} is empty`);
    try {
      return parse(token);
    } catch (error) {
      throw new Error(`${where}${(error as Error).message}`);
    }
  });
}

const NAME = /^[a-z0-9][a-z0-9._-]{0,62}$/;

/** Returns the name in `name:token`, or undefined if the token has none. */
export function nameOfToken(token: string): string | undefined {
  const colon = token.indexOf(":");
  if (colon < 0) return undefined;
  if (colon === token.length - 1) throw new Error(" is empty");
  const name = token.slice(0, colon);
  if (NAME.test(name)) return name;
  throw new Error(': the name before ":" may only contain a-z, 0-9, ".", "_" and "-"');
}

const digest = (text: string) => createHash("sha256").update(text).digest();

/** Finds the holder of the token that a call carries; undefined if it carries none of them. */
export function tokenHolders<Holder>(tokens: ReloadedValue<readonly Token<Holder>[]>) {
  let known: readonly { readonly wanted: Buffer; readonly holder: Holder }[] = [];
  const remember = (current: readonly Token<Holder>[]) => {
    known = current.map(({ token, holder }) => ({ wanted: digest(`Bearer ${token}`), holder }));
  };
  remember(tokens.current);
  tokens.onReplaced(remember);
  return (headers: CallHeaders): Holder | undefined => {
    const shown = digest(headers.get("authorization") ?? "");
    // Compares all tokens in constant time, so that the duration does not tell which token is close.
    return known.filter(({ wanted }) => timingSafeEqual(shown, wanted))[0]?.holder;
  };
}
