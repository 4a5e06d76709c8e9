/** The faults of a storm, drawn from a seed. The same seed gives the same faults in the same order. */
import type { Random } from "@millrace/shared";

/** The kinds of faults: the victim, the frequency relative to the others, and the least and longest duration. */
const kinds = {
  // Faults of a service's process.
  kill: { on: "service", weight: 8, leastMs: 0, mostMs: 1_500 },
  drain: { on: "service", weight: 5, leastMs: 0, mostMs: 1_000 },
  freeze: { on: "service", weight: 6, leastMs: 200, mostMs: 8_000 },
  clockJump: { on: "service", weight: 4, leastMs: 200, mostMs: 4_000 },
  // Faults of the connection between two processes.
  latency: { on: "link", weight: 5, leastMs: 500, mostMs: 4_000 },
  bandwidth: { on: "link", weight: 3, leastMs: 500, mostMs: 4_000 },
  slices: { on: "link", weight: 3, leastMs: 500, mostMs: 3_000 },
  blackHole: { on: "link", weight: 5, leastMs: 500, mostMs: 8_000 },
  cut: { on: "link", weight: 6, leastMs: 0, mostMs: 0 },
  halfClose: { on: "link", weight: 4, leastMs: 200, mostMs: 1_000 },
  refuse: { on: "link", weight: 3, leastMs: 500, mostMs: 3_000 },
  // Faults of Redis: of its process, and of its ability to write.
  redisKill: { on: "redis", weight: 2, leastMs: 0, mostMs: 1_500 },
  redisStop: { on: "redis", weight: 1, leastMs: 0, mostMs: 1_000 },
  redisFreeze: { on: "redis", weight: 1.5, leastMs: 200, mostMs: 7_000 },
  redisFull: { on: "redis", weight: 1.5, leastMs: 300, mostMs: 2_500 },
  redisReadOnly: { on: "redis", weight: 1.5, leastMs: 300, mostMs: 2_500 },
  redisDiskFull: { on: "redis", weight: 1, leastMs: 300, mostMs: 2_000 },
  redisNotSaving: { on: "redis", weight: 1.5, leastMs: 300, mostMs: 2_500 },
  // The model provider that pooled jobs call: it returns errors, resets connections or is silent.
  providerDown: { on: "provider", weight: 3, leastMs: 500, mostMs: 8_000 },
  // The provider refuses every call of one account: for too much load, or because it does not accept the account.
  accountOverloaded: { on: "account", weight: 2, leastMs: 500, mostMs: 3_000 },
  accountRejected: { on: "account", weight: 2, leastMs: 500, mostMs: 3_000 },
  // Changes that an operator may make at any time. Jobs of the account, the key and the model run meanwhile.
  accountDeleted: { on: "operator", weight: 2, leastMs: 0, mostMs: 4_000 },
  keyRevoked: { on: "operator", weight: 2, leastMs: 0, mostMs: 3_000 },
  modelRemoved: { on: "operator", weight: 2, leastMs: 0, mostMs: 3_000 },
  routesChanged: { on: "operator", weight: 2, leastMs: 0, mostMs: 3_000 },
} as const;

export type FaultKind = keyof typeof kinds;
export const faultKinds = Object.keys(kinds) as readonly FaultKind[];

export interface Fault {
  readonly kind: FaultKind;
  readonly on: "service" | "link" | "redis" | "provider" | "account" | "operator";
  /** Selects the victim among the candidates, in [0, 1). */
  readonly which: number;
  /** The severity, in [0, 1). */
  readonly strength: number;
  /** How long the fault lasts until it is undone. */
  readonly forMs: number;
  /** How long the injector then waits. */
  readonly restMs: number;
}

const MOST_REST_MS = 400;

const total = faultKinds.reduce((sum, kind) => sum + kinds[kind].weight, 0);

function draw(random: Random): FaultKind {
  let left = random.next() * total;
  for (const kind of faultKinds) {
    left -= kinds[kind].weight;
    if (left < 0) return kind;
  }
  // Reached only by rounding.
  return "kill";
}

/** Yields faults without end. */
export function* plannedFaults(random: Random): Generator<Fault, never> {
  for (;;) {
    const kind = draw(random);
    const { on, leastMs, mostMs } = kinds[kind];
    yield {
      ...{ kind, on, which: random.next(), strength: random.next() },
      forMs: Math.round(leastMs + random.next() * (mostMs - leastMs)),
      restMs: Math.round(random.next() * MOST_REST_MS),
    };
  }
}
