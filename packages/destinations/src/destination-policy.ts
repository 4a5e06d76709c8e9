import { isIn, isPublic, nat64Target, parseAddress } from "./addresses.ts";
import { type AllowedDestination, matchesHost } from "./allowed-destinations.ts";

export type UrlVerdict =
  | { readonly kind: "allowed"; readonly url: URL }
  /** `message` is for the owner of the URL. It names at most the URL's host, because the rest may hold a secret. */
  | { readonly kind: "refused"; readonly message: string };

const SETTING = "MILLRACE_WEBHOOK_ALLOWED_DESTINATIONS";
const MAX_URL_CHARS = 2_048;

/**
 * Decides where webhooks may be sent. Anyone with an API key chooses URLs, so they must not lead into the operator's
 * network. A URL is checked when it is stored (`checkUrl`). Names may resolve to other addresses later, so each address is
 * checked when a connection is made (`allowsAddress`).
 */
export class DestinationPolicy {
  readonly #allowed: readonly AllowedDestination[];

  /** `allowed`: what the operator allows beyond public addresses by HTTPS. */
  constructor(allowed: readonly AllowedDestination[]) {
    this.#allowed = allowed;
  }

  /** Checks what a URL says by itself. Names are not resolved. */
  checkUrl(text: string): UrlVerdict {
    const url = URL.parse(text);
    if (url === null) return refused("The URL is not valid.");
    const { hostname, protocol } = url;
    if (url.href.length > MAX_URL_CHARS) {
      return refused(`The URL is longer than ${MAX_URL_CHARS} characters.`);
    }
    if (protocol !== "https:" && protocol !== "http:")
      return refused("The URL must begin with https://.");
    if (url.username !== "" || url.password !== "") {
      return refused(
        "The URL must not contain a user name or password. Requests are signed instead.",
      );
    }
    if (!this.#mayUse(url)) {
      return refused(
        `The URL uses plain HTTP. Use https, or ask the operator to add http://${hostname} to ${SETTING}.`,
      );
    }
    const address = parseAddress(bare(hostname));
    if (
      address === undefined
        ? isLocalName(hostname) && !this.namesHost(url)
        : !this.allowsAddress(url, bare(hostname))
    ) {
      return refused(
        `${hostname} is not a public address. Only the operator can allow it: ${SETTING}.`,
      );
    }
    return { kind: "allowed", url };
  }

  /** Whether a request to `url` may go to `address`, one of the addresses of its host. */
  allowsAddress(url: Pick<URL, "protocol" | "hostname">, address: string): boolean {
    const parsed = parseAddress(address);
    if (parsed === undefined) return false;
    if (this.namesHost(url)) return true;
    const isNamed = this.#usable(url).some(
      ({ what }) => typeof what !== "string" && isIn(parsed, what),
    );
    if (!isNamed) return url.protocol === "https:" && isPublic(parsed);
    const target = nat64Target(parsed)?.toString();
    const unnamed = { protocol: url.protocol, hostname: "" };
    return target === undefined || this.allowsAddress(unnamed, target);
  }

  /** Whether the operator allows the host of a URL by its name, whatever its addresses are. */
  namesHost(url: Pick<URL, "protocol" | "hostname">): boolean {
    const isAddress = parseAddress(bare(url.hostname)) !== undefined;
    return this.#usable(url).some(
      ({ what }) =>
        typeof what === "string" && (!isAddress || what === "*") && matchesHost(what, url.hostname),
    );
  }

  #usable({ protocol }: Pick<URL, "protocol">): readonly AllowedDestination[] {
    return protocol === "http:" ? this.#allowed.filter(({ http }) => http) : this.#allowed;
  }

  /** Plain HTTP to a name may be allowed by its addresses, which are not known yet. */
  #mayUse(url: URL): boolean {
    return (
      url.protocol === "https:" ||
      this.namesHost(url) ||
      this.#usable(url).some(({ what }) => typeof what !== "string")
    );
  }
}

const refused = (message: string): UrlVerdict => ({ kind: "refused", message });

/** Removes the brackets of an IPv6 address in a URL. */
const bare = (hostname: string): string => hostname.replace(/^\[(.*)\]$/, "$1");

/** These names mean the own host (RFC 6761), whatever a DNS server answers. */
const isLocalName = (hostname: string): boolean => /(^|\.)localhost\.?$/.test(hostname);
