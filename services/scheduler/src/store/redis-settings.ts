import type { RedisAddress, RedisSettings, RedisTls } from "@millrace/engine";
import {
  assertCertificates,
  assertNeeded,
  assertUsable,
  type Config,
  readFiles,
  readSecretFile,
  setting,
} from "@millrace/runtime";
import { z } from "zod";

const text = z.string().optional();
const DEFAULT_PORT = 6_379;
const SENTINEL_PORT = 26_379;

/** What is wrong is told without the value, which may hold a password. */
const redisUrl = z.string().refine(
  (value) => {
    const url = URL.canParse(value) ? new URL(value) : undefined;
    return (
      (url?.protocol === "redis:" || url?.protocol === "rediss:") &&
      url.hostname !== "" &&
      url.search === "" &&
      /^(\/\d*)?$/.test(url.pathname)
    );
  },
  { message: "give it as redis://host:port, or rediss:// for TLS, with /1 for database 1" },
);

const addresses = (port: number) =>
  z.string().transform((list, context): readonly RedisAddress[] =>
    list.split(",").map((item) => {
      const address = item.trim();
      const url = URL.canParse(`redis://${address}`) ? new URL(`redis://${address}`) : undefined;
      if (url?.host !== address || address === "") {
        const message = "give it as host:port,host:port, without a scheme, a user or a path";
        context.addIssue({ code: "custom", message });
        return z.NEVER;
      }
      return {
        host: url.hostname.replace(/^\[(.*)\]$/, "$1"),
        port: url.port === "" ? port : Number(url.port),
      };
    }),
  );

/** Where Redis is and how it lets schedulers in: part of their configuration. */
export const redisSettings = {
  redisUrl: setting(
    "MILLRACE_REDIS_URL",
    redisUrl.optional(),
    "The Redis that holds the queues: redis://, or rediss:// for TLS.",
  ),
  redisSentinels: setting(
    "MILLRACE_REDIS_SENTINELS",
    addresses(SENTINEL_PORT).optional(),
    "Sentinels that know which Redis is the master, instead of a URL: host:port, by commas.",
  ),
  redisMaster: setting("MILLRACE_REDIS_MASTER", text, "The master's name among sentinels."),
  redisCluster: setting(
    "MILLRACE_REDIS_CLUSTER",
    addresses(DEFAULT_PORT).optional(),
    "Some nodes of a Redis Cluster, instead of a URL: host:port, by commas.",
  ),
  redisUsername: setting("MILLRACE_REDIS_USERNAME", text, "The ACL user."),
  redisPassword: setting("MILLRACE_REDIS_PASSWORD", text, "The user's password."),
  redisPasswordFile: setting("MILLRACE_REDIS_PASSWORD_FILE", text, "A file that holds it."),
  redisSentinelUsername: setting(
    "MILLRACE_REDIS_SENTINEL_USERNAME",
    text,
    "The ACL user of sentinels.",
  ),
  redisSentinelPassword: setting(
    "MILLRACE_REDIS_SENTINEL_PASSWORD",
    text,
    "What sentinels ask for.",
  ),
  redisSentinelPasswordFile: setting(
    "MILLRACE_REDIS_SENTINEL_PASSWORD_FILE",
    text,
    "A file that holds it.",
  ),
  redisTls: setting(
    "MILLRACE_REDIS_TLS",
    z
      .enum(["true", "false"], { message: "true or false" })
      .default("false")
      .transform((value) => value === "true"),
    "TLS to a Cluster, or to sentinels and servers alike; a URL says it by rediss://.",
  ),
  redisCa: setting(
    "MILLRACE_REDIS_CA_FILE",
    text,
    "Who signed Redis' certificate, in PEM; left out: whom Node trusts.",
  ),
  redisCert: setting(
    "MILLRACE_REDIS_CERT_FILE",
    text,
    "The certificate to show Redis, where it asks for one, in PEM.",
  ),
  redisKey: setting("MILLRACE_REDIS_KEY_FILE", text, "That certificate's key, in PEM."),
};

type RedisConfig = Config<typeof redisSettings>;
const env = (name: keyof typeof redisSettings): string => redisSettings[name].env;
const places = ["redisUrl", "redisSentinels", "redisCluster"] as const;

/** What is wrong between settings that are each right. */
export function redisProblems(config: RedisConfig): readonly string[] {
  const set = (name: keyof RedisConfig) => config[name] !== undefined;
  const chosen = places.filter(set);
  if (chosen.length === 0) {
    return [`${places.map(env).join(", ")}: set the one that says where Redis is`];
  }
  if (chosen.length > 1) return [`${chosen.map(env).join(" and ")}: set one of them alone`];
  const needs = (name: keyof RedisConfig, ...needed: (keyof RedisConfig)[]) =>
    set(name) && !needed.some(set)
      ? [`${needed.map(env).join(" or ")}: needed with ${env(name)}`]
      : [];
  const oneOf = (one: keyof RedisConfig, other: keyof RedisConfig) =>
    set(one) && set(other) ? [`${env(one)} and ${env(other)}: set one of them alone`] : [];
  return [
    ...needs("redisSentinels", "redisMaster"),
    ...needs("redisMaster", "redisSentinels"),
    ...oneOf("redisPassword", "redisPasswordFile"),
    ...oneOf("redisSentinelPassword", "redisSentinelPasswordFile"),
    ...needs("redisSentinelPassword", "redisSentinels"),
    ...needs("redisSentinelPasswordFile", "redisSentinels"),
    ...needs("redisSentinelUsername", "redisSentinelPassword", "redisSentinelPasswordFile"),
    ...urlProblems(config),
    ...tlsProblems(config),
  ];
}

function urlProblems({ redisUrl, ...config }: RedisConfig): string[] {
  if (redisUrl === undefined) {
    const named = config.redisPassword ?? config.redisPasswordFile;
    return config.redisUsername !== undefined && named === undefined
      ? [
          `${env("redisPassword")} or ${env("redisPasswordFile")}: needed with ${env("redisUsername")}`,
        ]
      : [];
  }
  const { username, password } = new URL(redisUrl);
  const twice = (name: keyof RedisConfig, inUrl: string) =>
    config[name as keyof typeof config] !== undefined && inUrl !== ""
      ? [`${env(name)}: the one in ${env("redisUrl")} would win; leave one out`]
      : [];
  return [
    ...twice("redisUsername", username),
    ...twice("redisPassword", password),
    ...twice("redisPasswordFile", password),
    ...(config.redisTls
      ? [`${env("redisTls")}: with ${env("redisUrl")} say so by its scheme, rediss://`]
      : []),
  ];
}

function tlsProblems({ redisUrl, redisTls, ...config }: RedisConfig): string[] {
  if (redisTls || redisUrl?.startsWith("rediss:")) return [];
  const how =
    redisUrl === undefined ? `${env("redisTls")}=true` : `rediss:// in ${env("redisUrl")}`;
  return (["redisCa", "redisCert", "redisKey"] as const).flatMap((name) =>
    config[name] === undefined ? [] : [`${env(name)}: needs TLS, which is ${how}`],
  );
}

type OnWarning = (message: string, cause: unknown) => void;

/**
 * For the engine. Files are read now, which throws a ConfigError where one does not hold what it should,
 * and again at each new connection: their content may have been rotated.
 */
export function readRedisSettings(config: RedisConfig, onWarning: OnWarning): RedisSettings {
  const renewed = <Value>(what: string, read: () => Value | undefined) =>
    atEachConnection(read, (error) =>
      onWarning(`${what} cannot be read again: what was read before stays in use`, error),
    );
  const fileSecret = (name: "redisPasswordFile" | "redisSentinelPasswordFile") =>
    renewed(env(name), () => readSecretFile([env(name), config[name]]));
  const tls = renewed("the certificates for Redis", () => readTls(config));
  const username = config.redisUsername;
  const password = config.redisPassword ?? fileSecret("redisPasswordFile");
  const shared = {
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(tls === undefined ? {} : { tls }),
  };
  const { redisUrl: url, redisSentinels: sentinels, redisCluster: cluster } = config;
  if (url !== undefined) return { url, ...shared };
  if (cluster !== undefined) return { cluster, ...shared };
  const sentinelUsername = config.redisSentinelUsername;
  const sentinelPassword = config.redisSentinelPassword ?? fileSecret("redisSentinelPasswordFile");
  return {
    sentinels: sentinels ?? [],
    masterName: config.redisMaster ?? "",
    ...(sentinelUsername === undefined ? {} : { sentinelUsername }),
    ...(sentinelPassword === undefined ? {} : { sentinelPassword }),
    ...shared,
  };
}

/** Reads once now, and again at each call; a reading that fails is told, and the last one that did not is returned. */
function atEachConnection<Value>(
  read: () => Value | undefined,
  onFailure: (error: unknown) => void,
): (() => Value) | undefined {
  let last = read();
  if (last === undefined) return undefined;
  return () => {
    try {
      last = read() ?? last;
    } catch (error) {
      onFailure(error);
    }
    return last as Value;
  };
}

function readTls(config: RedisConfig): RedisTls | undefined {
  const caFile = [env("redisCa"), config.redisCa] as const;
  const certFile = [env("redisCert"), config.redisCert] as const;
  const keyFile = [env("redisKey"), config.redisKey] as const;
  assertNeeded([certFile, keyFile], [keyFile, certFile]);
  const [ca, cert, key] = readFiles([caFile, certFile, keyFile]);
  if (ca !== undefined) assertCertificates(caFile[0], ca);
  if (cert !== undefined && key !== undefined) {
    assertUsable(`${certFile[0]} and ${keyFile[0]}`, { cert, key });
  }
  if (!config.redisTls && !config.redisUrl?.startsWith("rediss:")) return undefined;
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  };
}
