import { createHash, timingSafeEqual } from "node:crypto";
import { type CallHeaders, rpcError } from "@millrace/runtime";

const digest = (text: string) => createHash("sha256").update(text).digest();

/** Lets in calls that show `Bearer <token>`; without a token, every call. */
export function requireToken(token: string | undefined) {
  const wanted = token === undefined ? undefined : digest(`Bearer ${token}`);
  return async (headers: CallHeaders): Promise<undefined> => {
    if (wanted === undefined) return;
    const shown = digest(headers.get("authorization") ?? "");
    if (!timingSafeEqual(shown, wanted)) {
      throw rpcError({ reason: "TOKEN_REJECTED", message: "the token is not right" });
    }
  };
}
