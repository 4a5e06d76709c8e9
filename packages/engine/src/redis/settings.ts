export interface RedisAddress {
  readonly host: string;
  readonly port: number;
}

/** PEM. */
export interface RedisTls {
  /** Who must have signed the servers' certificates. Left out: those whom Node trusts. */
  readonly ca?: Buffer;
  /** What is shown to servers that ask for a certificate, and its key. */
  readonly cert?: Buffer;
  readonly key?: Buffer;
}

/** One server, with the database's number where it is not 0; a URL's own user and password win. */
export interface RedisServer {
  /** redis:// or rediss:// */
  readonly url: string;
}

/** A value, or a function that is called at each new connection: what it returns may have been rotated. */
export type Credential<Value> = Value | (() => Value);

/** Whichever server these say is the master of that name. */
export interface RedisSentinels {
  readonly sentinels: readonly RedisAddress[];
  readonly masterName: string;
  /** What sentinels ask for, which is not what the servers do. */
  readonly sentinelUsername?: string;
  readonly sentinelPassword?: Credential<string>;
}

export interface RedisCluster {
  /** Some nodes of a Redis Cluster; the others are learned from them. */
  readonly cluster: readonly RedisAddress[];
}

export type RedisSettings = (RedisServer | RedisSentinels | RedisCluster) & {
  readonly username?: string;
  readonly password?: Credential<string>;
  /** TLS to servers and sentinels alike; a rediss:// URL has it anyway. */
  readonly tls?: Credential<RedisTls>;
  /** How long to wait for a connection at start. Default 5,000. */
  readonly connectTimeoutMs?: number;
  /** How long a command may take, time without a connection included. Default 5,000. */
  readonly commandTimeoutMs?: number;
};

/** Told of what an operator should know: an eviction policy that loses jobs, a lost connection. */
export type OnWarning = (message: string, cause?: unknown) => void;
