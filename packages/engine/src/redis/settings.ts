export interface RedisAddress {
  readonly host: string;
  readonly port: number;
}

/** All members are in PEM. */
export interface RedisTls {
  /** The authorities that sign the servers' certificates. If it is absent, Node's list of trusted authorities applies. */
  readonly ca?: Buffer;
  /** The certificate for servers that ask for one (mutual TLS), and its key. */
  readonly cert?: Buffer;
  readonly key?: Buffer;
}

/** One server. The URL may hold a database number; a user and password in the URL take precedence. */
export interface RedisServer {
  /** It begins with redis:// or rediss://. */
  readonly url: string;
}

/** A value, or a function that is called for each new connection, so that its result can be rotated. */
export type Credential<Value> = Value | (() => Value);

/** The master with this name, as the sentinels report it. */
export interface RedisSentinels {
  readonly sentinels: readonly RedisAddress[];
  readonly masterName: string;
  /** The credentials for the sentinels. They are not those for the servers. */
  readonly sentinelUsername?: string;
  readonly sentinelPassword?: Credential<string>;
}

export interface RedisCluster {
  /** Some nodes of a Redis Cluster. The engine learns the others from them. */
  readonly cluster: readonly RedisAddress[];
}

export type RedisSettings = (RedisServer | RedisSentinels | RedisCluster) & {
  readonly username?: string;
  readonly password?: Credential<string>;
  /** TLS for servers and sentinels. A rediss:// URL uses TLS without it too. */
  readonly tls?: Credential<RedisTls>;
  /** How long the engine waits for a connection at start, in ms. Default 5,000. */
  readonly connectTimeoutMs?: number;
  /** How long a command may take, in ms, including time without a connection. Default 5,000. */
  readonly commandTimeoutMs?: number;
};

/** Receives what an operator should know, such as an eviction policy that loses jobs, or a lost connection. */
export type OnWarning = (message: string, cause?: unknown) => void;
