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

/** The message does not show the value, which may hold a password. */
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
  { message: "must be redis://host:port, or rediss://host:port for TLS; add /1 for database 1" },
);

const addresses = (port: number) =>
  z.string().transform((list, context): readonly RedisAddress[] =>
    list.split(",").map((item) => {
      const address = item.trim();
      const url = URL.canParse(`redis://${address}`) ? new URL(`redis://${address}`) : undefined;
      if (url?.host !== address || address === "") {
        const message = "must be host:port,host:port, without a scheme, a user or a path";
        context.addIssue({ code: "custom", message });
        return z.NEVER;
      }
      return {
        host: url.hostname.replace(/^\[(.*)\]$/, "$1"),
        port: url.port === "" ? port : Number(url.port),
      };
    }),
  );

/** Settings of the scheduler that say where Redis is and how to log in. */
export const redisSettings = {
  redisUrl: setting(
    "MILLRACE_REDIS_URL",
    redisUrl.optional(),
    "URL of the Redis that stores the queues: redis://, or rediss:// for TLS.",
  ),
  redisSentinels: setting(
    "MILLRACE_REDIS_SENTINELS",
    addresses(SENTINEL_PORT).optional(),
    "Sentinels that name the Redis master, instead of a URL: host:port, separated by commas.",
  ),
  redisMaster: setting(
    "MILLRACE_REDIS_MASTER",
    text,
    "The name under which the sentinels know the master.",
  ),
  redisCluster: setting(
    "MILLRACE_REDIS_CLUSTER",
    addresses(DEFAULT_PORT).optional(),
    "Some nodes of a Redis Cluster, instead of a URL: host:port, separated by commas.",
  ),
  redisUsername: setting("MILLRACE_REDIS_USERNAME", text, "The ACL user at Redis."),
  redisPassword: setting("MILLRACE_REDIS_PASSWORD", text, "The password at Redis."),
  redisPasswordFile: setting(
    "MILLRACE_REDIS_PASSWORD_FILE",
    text,
    "A file that holds the password at Redis.",
  ),
  redisSentinelUsername: setting(
    "MILLRACE_REDIS_SENTINEL_USERNAME",
    text,
    "The ACL user at the sentinels.",
  ),
  redisSentinelPassword: setting(
    "MILLRACE_REDIS_SENTINEL_PASSWORD",
    text,
    "The password at the sentinels.",
  ),
  redisSentinelPasswordFile: setting(
    "MILLRACE_REDIS_SENTINEL_PASSWORD_FILE",
    text,
    "A file that holds the password at the sentinels.",
  ),
  redisTls: setting(
    "MILLRACE_REDIS_TLS",
    z
      .enum(["true", "false"], { message: "must be true or false" })
      .default("false")
      .transform((value) => value === "true"),
    "Uses TLS to a Cluster, or to both sentinels and servers. With a URL, write rediss:// instead.",
  ),
  redisCa: setting(
    "MILLRACE_REDIS_CA_FILE",
    text,
    "A file with the CA certificates that Redis' certificate is checked against, in PEM. Default: the CAs that Node trusts.",
  ),
  redisCert: setting(
    "MILLRACE_REDIS_CERT_FILE",
    text,
    "A file with the client certificate for Redis, if Redis requires one, in PEM.",
  ),
  redisKey: setting(
    "MILLRACE_REDIS_KEY_FILE",
    text,
    "A file with the private key of the client certificate, in PEM.",
  ),
};

type RedisConfig = Config<typeof redisSettings>;
const env = (name: keyof typeof redisSettings): string => redisSettings[name].env;
const places = ["redisUrl", "redisSentinels", "redisCluster"] as const;

/** Finds settings that are each valid but do not fit together. */
export function redisProblems(config: RedisConfig): readonly string[] {
  const set = (name: keyof RedisConfig) => config[name] !== undefined;
  const chosen = places.filter(set);
  if (chosen.length === 0) {
    return [`${places.map(env).join(", ")}: set one of them to say where Redis is`];
  }
  if (chosen.length > 1) return [`${chosen.map(env).join(" and ")}: set only one of them`];
  const needs = (name: keyof RedisConfig, ...needed: (keyof RedisConfig)[]) =>
    set(name) && !needed.some(set)
      ? [`${needed.map(env).join(" or ")}: needed with ${env(name)}`]
      : [];
  const oneOf = (one: keyof RedisConfig, other: keyof RedisConfig) =>
    set(one) && set(other) ? [`${env(one)} and ${env(other)}: set only one of them`] : [];
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
      ? [`${env(name)}: ${env("redisUrl")} holds one too, which would win; remove one of them`]
      : [];
  return [
    ...twice("redisUsername", username),
    ...twice("redisPassword", password),
    ...twice("redisPasswordFile", password),
    ...(config.redisTls
      ? [`${env("redisTls")}: with ${env("redisUrl")}, use the scheme rediss:// instead`]
      : []),
  ];
}

function tlsProblems({ redisUrl, redisTls, ...config }: RedisConfig): string[] {
  if (redisTls || redisUrl?.startsWith("rediss:")) return [];
  const how =
    redisUrl === undefined ? `${env("redisTls")}=true` : `rediss:// in ${env("redisUrl")}`;
  return (["redisCa", "redisCert", "redisKey"] as const).flatMap((name) =>
    config[name] === undefined ? [] : [`${env(name)}: needs TLS; set ${how}`],
  );
}

type OnWarning = (message: string, cause: unknown) => void;

/**
 * Makes the engine's Redis settings. Reads the files now and throws a ConfigError if the content of one is not valid.
 * Reads them again at each new connection, because their content may have been rotated.
 */
export function readRedisSettings(config: RedisConfig, onWarning: OnWarning): RedisSettings {
  const renewed = <Value>(what: string, read: () => Value | undefined) =>
    atEachConnection(read, (error) =>
      onWarning(
        `${what} cannot be read again: the scheduler keeps using the content that it read before`,
        error,
      ),
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

/** Reads now and again at each call. Reports a read that fails, and returns the value of the last one that succeeded. */
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
