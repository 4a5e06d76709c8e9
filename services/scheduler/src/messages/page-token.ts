import { rpcError } from "@millrace/runtime";

/** Throws MALFORMED for a page token that `method` cannot have returned. */
export function assertPageToken(method: string, token: string, isToken: boolean): void {
  if (token === "" || isToken) return;
  const description = `is not a token that ${method} returned`;
  throw rpcError({
    reason: "MALFORMED",
    message: `page_token: ${description}`,
    violations: [{ field: "page_token", description }],
  });
}
