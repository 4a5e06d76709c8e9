import { type Network, parseNetwork } from "./addresses.ts";

/** One entry of MILLRACE_WEBHOOK_ALLOWED_DESTINATIONS. */
export interface AllowedDestination {
  /** A network, or a pattern of host names: `name`, `*.name` for all names below it, or `*` for all hosts. */
  readonly what: Network | string;
  /** Whether plain HTTP is allowed, too. */
  readonly http: boolean;
}

const HTTP = "http://";
const PATTERN = /^(\*|(\*\.)?[a-z0-9_-]+(\.[a-z0-9_-]+)*)$/;

/**
 * Reads the setting: networks in CIDR notation, addresses and host patterns, separated by commas. `http://` before one
 * allows plain HTTP, too. `problems` has a line for each entry that is none of these.
 */
export function parseAllowedDestinations(text: string): {
  readonly allowed: readonly AllowedDestination[];
  readonly problems: readonly string[];
} {
  const allowed: AllowedDestination[] = [];
  const problems: string[] = [];
  for (const entry of text.split(",").map((part) => part.trim())) {
    if (entry === "") continue;
    const http = entry.startsWith(HTTP);
    const named = (http ? entry.slice(HTTP.length) : entry).toLowerCase();
    const what = parseNetwork(named.replace(/^\[(.*)\]$/, "$1")) ?? hostPattern(named);
    if (what === undefined) {
      problems.push(
        `"${entry}" is no network, address or host pattern, such as 10.0.0.0/8 or *.example.com`,
      );
    } else allowed.push({ what, http });
  }
  return { allowed, problems };
}

function hostPattern(text: string): string | undefined {
  if (!PATTERN.test(text)) return undefined;
  const name = text.replace(/^\*\.?/, "");
  // URLs write some names in another way, for example 10.1 as 10.0.0.1, so such a pattern would never match.
  if (name !== "" && URL.parse(`https://${name}`)?.hostname !== name) return undefined;
  return text;
}

export function matchesHost(pattern: string, hostname: string): boolean {
  if (pattern === "*") return true;
  const name = hostname.replace(/\.$/, "");
  return pattern.startsWith("*.") ? name.endsWith(pattern.slice(1)) : name === pattern;
}
