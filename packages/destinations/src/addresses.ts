import ipaddr from "ipaddr.js";

export type Address = ipaddr.IPv4 | ipaddr.IPv6;
/** A network: its first address and the length of its prefix in bits. */
export type Network = readonly [address: Address, prefixBits: number];

/** The only addresses of IPv6 that are assigned to hosts of the Internet (RFC 4291, section 2.4). */
const GLOBAL_UNICAST = ipaddr.parseCIDR("2000::/3");
/** Azure's metadata and DNS server. It has a public address, and answers every virtual machine. */
const AZURE_METADATA = ipaddr.parseCIDR("168.63.129.16/32");

export const parseAddress = (text: string): Address | undefined =>
  ipaddr.isValid(text) && (ipaddr.IPv6.isValid(text) || ipaddr.IPv4.isValidFourPartDecimal(text))
    ? ipaddr.parse(text)
    : undefined;

/** Parses `10.0.0.0/8`, `fd00::/8`, or one address. Returns undefined for anything else. */
export function parseNetwork(text: string): Network | undefined {
  const address = parseAddress(text);
  if (address !== undefined) return [address, address.kind() === "ipv4" ? 32 : 128];
  if (!ipaddr.isValidCIDR(text) || parseAddress(text.split("/")[0] ?? "") === undefined)
    return undefined;
  return ipaddr.parseCIDR(text);
}

export const isIn = (address: Address, [first, prefixBits]: Network): boolean =>
  address.kind() === first.kind() && address.match(first, prefixBits);

/**
 * Whether an address is one of the Internet: not one of a special purpose (RFC 6890), such as private, loopback, link-local
 * and multicast addresses, and not an IPv6 address that embeds an IPv4 address.
 */
export function isPublic(address: Address): boolean {
  if (address.range() !== "unicast" || isIn(address, AZURE_METADATA)) return false;
  return address.kind() === "ipv4" || isIn(address, GLOBAL_UNICAST);
}

/** The IPv4 address in which a connection to a NAT64 address ends (RFC 6052, prefixes of 96 bits). */
export function nat64Target(address: Address): Address | undefined {
  return address.range() === "rfc6052"
    ? ipaddr.fromByteArray(address.toByteArray().slice(-4))
    : undefined;
}
