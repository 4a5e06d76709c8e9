import type { CallHeaders } from "../handlers.ts";

/**
 * A credential that a route takes from its query, for callers that cannot set a header: a browser's EventSource. Addresses
 * reach logs of proxies and histories of browsers, so only credentials of little worth may be accepted there.
 */
export interface QueryCredential {
  readonly parameter: string;
  readonly accepts: (credential: string) => boolean;
}

/**
 * Takes the credential out of a query. The header takes precedence. A credential that is not accepted is dropped, so that the
 * call has none.
 */
export function takeQueryCredential(
  { parameter, accepts }: QueryCredential,
  headers: CallHeaders,
  query: URLSearchParams,
): { readonly headers: CallHeaders; readonly query: URLSearchParams } {
  const credential = query.get(parameter);
  if (credential === null) return { headers, query };
  const rest = new URLSearchParams(query);
  rest.delete(parameter);
  const authorization =
    headers.get("authorization") ?? (accepts(credential) ? `Bearer ${credential}` : undefined);
  return {
    headers: { get: (name) => (name === "authorization" ? authorization : headers.get(name)) },
    query: rest,
  };
}
