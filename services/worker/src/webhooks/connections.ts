import { type Agent, Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import type { LookupFunction } from "node:net";
import type { Duplex } from "node:stream";
import { type DestinationPolicy, destinationLookup, type Resolve } from "@millrace/destinations";

/** How long an idle connection is kept for the next request to its host. */
const IDLE_MS = 15_000;
/** How long one of several addresses may take to connect before the next is tried. */
const ADDRESS_MS = 3_000;

export interface ConnectionOptions {
  readonly policy: DestinationPolicy;
  /** Resolves names that the operator allows. */
  readonly resolveNamed: Resolve;
  /** Resolves all other names. */
  readonly resolve: Resolve;
  /** How many idle connections are kept in all. Beyond that, the one that is idle for longest is closed. */
  readonly maxIdle: number;
}

/**
 * Opens connections to destinations. Each goes to an address that the policy allows, and later requests to the same host
 * reuse it. Proxies of the environment (HTTPS_PROXY) are not used: a proxy would resolve names again, by rules of its own.
 */
export class Connections {
  readonly #kept: Agents;
  readonly #single: Agents;

  constructor(options: ConnectionOptions) {
    this.#kept = openAgents(options, true);
    this.#single = openAgents(options, false);
    const idle = new IdleConnections(options.maxIdle);
    idle.limit(this.#kept.https);
    idle.limit(this.#kept.http);
  }

  /** `fresh`: a connection of the request's own. */
  agentFor({ protocol }: URL, fresh: boolean): Agent {
    const { https, http } = fresh ? this.#single : this.#kept;
    return protocol === "https:" ? https : http;
  }

  /** Closes all connections, idle or not. */
  close(): void {
    for (const { https, http } of [this.#kept, this.#single]) {
      https.destroy();
      http.destroy();
    }
  }
}

type Agents = ReturnType<typeof openAgents>;

function openAgents(options: ConnectionOptions, keepAlive: boolean) {
  const optionsFor = (protocol: "https:" | "http:") => ({
    ...{ keepAlive, timeout: IDLE_MS, lookup: lookupFor(options, protocol) },
    ...{ autoSelectFamily: true, autoSelectFamilyAttemptTimeout: ADDRESS_MS },
  });
  return {
    // The environment variable NODE_TLS_REJECT_UNAUTHORIZED must not switch the verification off.
    https: new HttpsAgent({ ...optionsFor("https:"), rejectUnauthorized: true }),
    http: new HttpAgent(optionsFor("http:")),
  };
}

const lookupFor = (
  { policy, resolve, resolveNamed }: ConnectionOptions,
  protocol: "https:" | "http:",
): LookupFunction => destinationLookup({ policy, resolve, resolveNamed, protocol });

/**
 * Bounds the idle connections of several agents together. An agent's own limits are for each host, or count busy connections
 * too and delay requests.
 */
class IdleConnections {
  readonly #max: number;
  /** The one that is idle for longest first. */
  readonly #idle = new Set<Duplex>();
  readonly #known = new WeakSet<Duplex>();

  constructor(max: number) {
    this.#max = max;
  }

  limit(agent: Agent): void {
    // Node documents both methods for overriding. The types say that the first returns nothing.
    const keep = agent.keepSocketAlive.bind(agent) as unknown as (socket: Duplex) => boolean;
    const reuse = agent.reuseSocket.bind(agent);
    const keepBounded = (socket: Duplex): boolean => {
      const kept = keep(socket);
      if (kept) this.#add(socket);
      return kept;
    };
    agent.keepSocketAlive = keepBounded;
    agent.reuseSocket = (socket, request) => {
      this.#idle.delete(socket);
      reuse(socket, request);
    };
  }

  #add(socket: Duplex): void {
    this.#idle.add(socket);
    if (!this.#known.has(socket)) {
      this.#known.add(socket);
      socket.once("close", () => this.#idle.delete(socket));
    }
    if (this.#idle.size <= this.#max) return;
    const [oldest] = this.#idle;
    if (oldest === undefined) return;
    this.#idle.delete(oldest);
    oldest.destroy();
  }
}
