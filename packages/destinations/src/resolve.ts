import type { LookupAddress } from "node:dns";
import { lookup, Resolver } from "node:dns/promises";

/** Returns all addresses of a host name, IPv4 first. Rejects if there are none. */
export type Resolve = (hostname: string) => Promise<readonly LookupAddress[]>;

/** Resolves names like other programs of this machine: by its hosts file and its search domains, too. */
export const systemResolver: Resolve = (hostname) =>
  lookup(hostname, { all: true, order: "ipv4first" });

/** How long one DNS server may take at first. Node shortens this for a server that has answered fast, down to 250 ms. */
const QUERY_MS = 2_000;
/** How often each server is asked. */
const TRIES = 4;

/**
 * Resolves names by DNS alone. `servers` are addresses, with a port or without; empty: those of the system. It does not
 * use the thread pool, as the system's lookup does, so names whose servers do not answer delay no other name.
 */
export function dnsResolver(servers: readonly string[]): Resolve {
  const resolver = new Resolver({ timeout: QUERY_MS, tries: TRIES });
  if (servers.length > 0) resolver.setServers(servers);
  return async (hostname) => {
    const name = hostname.replace(/\.$/, "");
    const [four, six] = await Promise.allSettled([
      resolver.resolve4(name),
      resolver.resolve6(name),
    ]);
    const found = [...addressesOf(four, 4), ...addressesOf(six, 6)];
    if (found.length === 0)
      throw four.status === "rejected" ? four.reason : new Error(`${name} has no address`);
    return found;
  };
}

const addressesOf = (answer: PromiseSettledResult<string[]>, family: 4 | 6): LookupAddress[] =>
  answer.status === "fulfilled" ? answer.value.map((address) => ({ address, family })) : [];
