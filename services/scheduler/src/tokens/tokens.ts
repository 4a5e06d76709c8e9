import { createHash, timingSafeEqual } from "node:crypto";
import type { CallHeaders, Renewed } from "@millrace/runtime";

/** What a caller shows as `Bearer <token>`, and who it is then. */
export interface Token<Holder> {
  readonly token: string;
  readonly holder: Holder;
}

/**
 * The tokens of a setting or a file, by commas or lines. Throws what is wrong with them, and nothing of
 * them: `parse` gets one at a time.
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

/** The name in `name:token`, or undefined where a token has none. */
export function nameOfToken(token: string): string | undefined {
  const colon = token.indexOf(":");
  if (colon < 0) return undefined;
  if (colon === token.length - 1) throw new Error(" is empty");
  const name = token.slice(0, colon);
  if (NAME.test(name)) return name;
  throw new Error(': what is before ":" is a name of a-z, 0-9, ".", "_", "-"');
}

const digest = (text: string) => createHash("sha256").update(text).digest();

/** Finds the holder of the token that a call shows: undefined if it shows none of them. */
export function tokenHolders<Holder>(tokens: Renewed<readonly Token<Holder>[]>) {
  let known: readonly { readonly wanted: Buffer; readonly holder: Holder }[] = [];
  const remember = (current: readonly Token<Holder>[]) => {
    known = current.map(({ token, holder }) => ({ wanted: digest(`Bearer ${token}`), holder }));
  };
  remember(tokens.current);
  tokens.onRenewed(remember);
  return (headers: CallHeaders): Holder | undefined => {
    const shown = digest(headers.get("authorization") ?? "");
    // Compares all tokens in constant time: the time taken does not tell which one is close.
    return known.filter(({ wanted }) => timingSafeEqual(shown, wanted))[0]?.holder;
  };
}
