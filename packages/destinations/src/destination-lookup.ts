import type { LookupAddress, LookupOptions } from "node:dns";
import type { LookupFunction } from "node:net";
import type { DestinationPolicy } from "./destination-policy.ts";
import type { Resolve } from "./resolve.ts";

/** No address of a host may be connected to. */
export class DestinationRefused extends Error {
  override readonly name = "DestinationRefused";
}

export interface LookupParts {
  readonly policy: DestinationPolicy;
  readonly protocol: "https:" | "http:";
  /** Resolves names that the operator allows. */
  readonly resolveNamed: Resolve;
  /** Resolves all other names. */
  readonly resolve: Resolve;
}

/**
 * Returns the `lookup` of node:net for connections to destinations. It resolves a name once, and returns only addresses that
 * the policy allows. The connection is made to one of these, so a name that changes its address meanwhile changes nothing.
 * node:net does not call it for a host that is an address: check such hosts before (`checkUrl`).
 */
export function destinationLookup({ policy, protocol, ...resolvers }: LookupParts): LookupFunction {
  const allowedOf = async (hostname: string): Promise<[LookupAddress, ...LookupAddress[]]> => {
    const url = { protocol, hostname };
    const resolve = policy.namesHost(url) ? resolvers.resolveNamed : resolvers.resolve;
    const found = await resolve(hostname);
    const [first, ...others] = found.filter(({ address }) => policy.allowsAddress(url, address));
    if (first !== undefined) return [first, ...others];
    // The addresses may be known in the operator's network only, and the owner of the URL reads the message.
    throw new DestinationRefused(`${hostname} has no address to which webhooks may be sent`);
  };
  return (hostname, { all }: LookupOptions, callback) => {
    allowedOf(hostname).then(
      ([first, ...others]) => {
        if (all) callback(null, [first, ...others]);
        else callback(null, first.address, first.family);
      },
      (error: NodeJS.ErrnoException) => callback(error, []),
    );
  };
}
