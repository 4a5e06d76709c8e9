/**
 * Carries out the faults of a plan. There is one function for each kind of fault. It returns when the fault is
 * undone.
 */
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { LocalRedis } from "@millrace/local";
import { type Clock, sleep } from "@millrace/shared";
import { type FaultProxy, type ProviderReply, refuse, type Toxics } from "@millrace/testing";
import type { StormCatalogue } from "./catalogue.ts";
import { appendedBytes, canLimitFileSize, limitFileSize } from "./file-size.ts";
import { stormAccount } from "./jobs.ts";
import { routeAccounts } from "./models.ts";
import type { Mortal } from "./mortal.ts";
import { type Operator, unlessGone } from "./operator.ts";
import type { Fault, FaultKind } from "./plan.ts";
import { redisCommand } from "./redis-command.ts";
import type { RevokedKeys } from "./revoked-keys.ts";
import type { StormProvider } from "./storm-provider.ts";

export interface Victims {
  readonly services: readonly Mortal[];
  readonly links: readonly FaultProxy[];
  readonly redis: LocalRedis;
  readonly provider: StormProvider;
  readonly redisDirectory: string;
  readonly operator: Operator;
  readonly revokedKeys: RevokedKeys;
  readonly catalogue: StormCatalogue;
}

/** The replies of a provider that is down. */
const outages: readonly ProviderReply[] = [
  refuse(500, "server_error"),
  refuse(502, "bad_gateway"),
  refuse(504, "gateway_timeout"),
  { kind: "breakOff", pieces: [], how: "reset" },
  { kind: "silence" },
];

const PAUSE_MS = 100;

type Inject = (fault: Fault, lasting: () => Promise<void>) => Promise<void>;

const between = (least: number, most: number, { strength }: Fault) =>
  least + strength * (most - least);
/** Applies toxics to one direction or both, as the plan has drawn. */
function ways(fault: Fault, toxics: Toxics) {
  const way = Math.floor(fault.strength * 3);
  return { ...(way === 1 ? {} : { up: toxics }), ...(way === 0 ? {} : { down: toxics }) };
}

/**
 * Injects faults, at most one into each victim at a time. If the victim of a fault has one already, the fault
 * goes to the next victim.
 */
export class Injector {
  readonly #victims: Victims;
  readonly #clock: Clock;
  readonly #taken = new Set<unknown>();

  constructor(victims: Victims, clock: Clock) {
    this.#victims = victims;
    this.#clock = clock;
  }

  /**
   * Resolves when the fault is undone and a service that ended is ready again. False if every possible victim has
   * a fault already.
   */
  async inject(fault: Fault): Promise<boolean> {
    const { services, links, redis, provider } = this.#victims;
    const lasting = () => sleep(this.#clock, fault.forMs);
    if (fault.kind === "redisDiskFull" && !canLimitFileSize) return false;
    if (fault.on === "redis") {
      return this.#holding(fault, [redis], async () => {
        await this.#redis[fault.kind]?.(fault, lasting);
      });
    }
    if (fault.on === "provider") {
      return this.#holding(fault, [provider], async () => {
        provider.goDown(outages[Math.floor(fault.strength * outages.length)]);
        await lasting();
        provider.goDown(undefined);
      });
    }
    if (fault.on === "account") {
      // One at a time, so that every model has a route that works.
      return this.#holding(fault, [fault.on], async () => {
        await this.#account[fault.kind]?.(fault, lasting);
      });
    }
    if (fault.on === "operator") {
      return this.#holding(fault, [fault.kind], async () => {
        await this.#operator[fault.kind]?.(fault, lasting);
      });
    }
    if (fault.on === "service") {
      return this.#holding(fault, services, async (service) => {
        await onService[fault.kind]?.(service)(fault, lasting);
      });
    }
    return this.#holding(fault, links, async (proxy) => {
      await onLink[fault.kind]?.(proxy)(fault, lasting);
    });
  }

  async #holding<T>(
    { which }: Fault,
    victims: readonly T[],
    body: (victim: T) => Promise<void>,
  ): Promise<boolean> {
    const first = Math.floor(which * victims.length);
    const order = [...victims.slice(first), ...victims.slice(0, first)];
    const victim = order.find((one) => !this.#taken.has(one));
    if (victim === undefined) return false;
    this.#taken.add(victim);
    try {
      await body(victim);
      return true;
    } finally {
      this.#taken.delete(victim);
    }
  }

  readonly #redis: Partial<Record<FaultKind, Inject>> = {
    redisKill: async (_, lasting) => {
      await this.#victims.redis.kill();
      await lasting();
      await this.#victims.redis.restart();
    },
    redisStop: async (_, lasting) => {
      await this.#victims.redis.stop();
      await lasting();
      await this.#victims.redis.restart();
    },
    redisFreeze: async (_, lasting) => {
      this.#victims.redis.pause();
      await lasting();
      this.#victims.redis.resume();
    },
    // The error is OOM.
    redisFull: async (_, lasting) => {
      await this.#command("CONFIG", "SET", "maxmemory", "1");
      await lasting();
      await this.#command("CONFIG", "SET", "maxmemory", "0");
    },
    // The error is READONLY: Redis becomes a replica of a server that does not exist.
    redisReadOnly: async (_, lasting) => {
      await this.#command("REPLICAOF", "127.0.0.1", "1");
      await lasting();
      await this.#command("REPLICAOF", "NO", "ONE");
    },
    // The error is MISCONF, or Redis ends if it must sync every write: the append-only file cannot grow.
    redisDiskFull: async (_, lasting) => {
      const { redis, redisDirectory } = this.#victims;
      await limitFileSize(redis.pid, await appendedBytes(redisDirectory));
      await lasting();
      await limitFileSize(redis.pid, undefined);
      if ((await this.#command("PING").catch(() => undefined)) === undefined) await redis.restart();
    },
    // The error is MISCONF: Redis must save a snapshot, but a directory is in the place of the file.
    redisNotSaving: async (_, lasting) => {
      const obstacle = join(this.#victims.redisDirectory, "dump.rdb");
      await rm(obstacle, { force: true });
      await mkdir(join(obstacle, "full"), { recursive: true });
      await this.#command("CONFIG", "SET", "save", "3600 1000000000");
      // A save that an earlier fault started may still succeed, so this waits for the next one.
      const begun = () =>
        this.#command("BGSAVE", "SCHEDULE").catch((error: unknown) => {
          if (!String(error).includes("in progress")) throw error;
          return undefined;
        });
      while ((await begun()) === undefined) await sleep(this.#clock, PAUSE_MS);
      await lasting();
      await this.#command("CONFIG", "SET", "save", "");
      await rm(obstacle, { recursive: true });
    },
  };

  readonly #operator: Partial<Record<FaultKind, Inject>> = {
    accountDeleted: async ({ strength }, lasting) => {
      const { operator } = this.#victims;
      const accounts = [stormAccount, ...routeAccounts];
      const account = accounts[Math.floor(strength * accounts.length)] ?? stormAccount;
      const { name } = account;
      await operator.ask((admin) => admin.deleteProviderAccount({ name }).catch(unlessGone));
      await lasting();
      await operator.ask((admin) => admin.putProviderAccount({ account }));
    },
    keyRevoked: (_, lasting) => this.#victims.revokedKeys.revokeOne(lasting),
    modelRemoved: (fault, lasting) => this.#victims.catalogue.removeModel(fault, lasting),
    routesChanged: (fault, lasting) => this.#victims.catalogue.changeRoutes(fault, lasting),
  };

  readonly #account: Partial<Record<FaultKind, Inject>> = {
    accountOverloaded: (fault, lasting) => this.#victims.catalogue.overload(fault, lasting),
    accountRejected: (fault, lasting) => this.#victims.catalogue.reject(fault, lasting),
  };

  #command(...words: readonly string[]): Promise<string> {
    return redisCommand(this.#victims.redis.port, ...words);
  }
}

const onService: Partial<Record<FaultKind, (service: Mortal) => Inject>> = {
  kill: (service) => async (_, lasting) => {
    await service.kill();
    await lasting();
    await service.start();
  },
  drain: (service) => async (_, lasting) => {
    await service.drain();
    await lasting();
    await service.start();
  },
  freeze: (service) => async (_, lasting) => {
    service.freeze();
    await lasting();
    service.thaw();
  },
  clockJump: (service) => async (_, lasting) => {
    service.jump();
    await lasting();
    service.jump();
  },
};

const poisoned =
  (toxics: (fault: Fault) => Toxics) =>
  (proxy: FaultProxy): Inject =>
  async (fault, lasting) => {
    proxy.set(ways(fault, toxics(fault)));
    await lasting();
    proxy.clear();
  };

const onLink: Partial<Record<FaultKind, (proxy: FaultProxy) => Inject>> = {
  latency: poisoned((fault) => {
    const latencyMs = between(20, 300, fault);
    return { latencyMs, jitterMs: latencyMs / 2 };
  }),
  bandwidth: poisoned((fault) => ({ bytesPerSecond: between(5_000, 100_000, fault) })),
  slices: poisoned((fault) => ({ sliceBytes: Math.ceil(between(1, 16, fault)) })),
  blackHole: poisoned(() => ({ blackHole: true })),
  cut: (proxy) => async () => proxy.cut(),
  halfClose: (proxy) => async (fault, lasting) => {
    proxy.halfClose(fault.strength < 0.5 ? "up" : "down");
    await lasting();
    // A service that ignores half-closed connections would keep this one for ever.
    proxy.cut();
  },
  refuse: (proxy) => async (_, lasting) => {
    await proxy.refuse();
    proxy.cut();
    await lasting();
    await proxy.accept();
  },
};
