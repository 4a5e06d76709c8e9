import type { Clock, GroupId, JobId, JobState, QueueName } from "@millrace/shared";
import { type OutboxShard, outboxNewsPattern, shardOfNews, signalPattern } from "../redis/keys.ts";
import type { Store } from "../redis/store-connection.ts";
import { asStoreFault } from "../redis/store-fault.ts";
import type { Signal } from "./contract.ts";

type Listener = (signal: Signal) => void;

/** A ping finds a connection that died silently, which would otherwise stay silent for ever. */
const PING_EVERY_MS = 10_000;

export interface SignalHub {
  /** With `jobId`, the listener gets only signals about that job or group. */
  subscribe(
    queue: QueueName,
    listener: Listener,
    jobId?: JobId | GroupId,
  ): Promise<AsyncDisposable>;
  /** The name that signals of work of this engine's submissions bear. The hub ignores them; "" for none. */
  readonly origin: string;
  /** Tells the listeners of a queue that a submission of this engine is on its way to the store. */
  tellOfWork(queue: QueueName): void;
  /** The listener is called when a shard has new entries in its outbox; without a shard, news may have been lost. */
  onOutboxNews(listener: NewsListener): Promise<AsyncDisposable>;
  close(): void;
}

type NewsListener = (shard?: OutboxShard) => void;

export interface SignalHubOptions {
  readonly clock: Clock;
  readonly origin: string;
}

/** The listeners of a queue. A thousand listeners that each follow one job cost nothing while other jobs change. */
interface Audience {
  readonly pattern: string;
  readonly all: Set<Listener>;
  readonly byJob: Map<JobId | GroupId, Set<Listener>>;
  /** The connection's subscription; undefined while there is none. */
  subscribed: Promise<unknown> | undefined;
}

/**
 * Serves all subscriptions of an engine from one connection, which must be connected. Signals that are published while it
 * is down are lost. So after it has reconnected and subscribed again, every listener gets a resync.
 */
export function signalHub(
  redis: Store,
  rootPrefix: string,
  { clock, origin }: SignalHubOptions,
): SignalHub {
  const audiences = new Map<string, Audience>();
  const newsPattern = outboxNewsPattern(rootPrefix);
  const news = new Set<NewsListener>();
  let closed = false;

  redis.on("pmessage", (pattern: string, channel: string, message: string) => {
    if (pattern === newsPattern) {
      const shard = shardOfNews(channel);
      if (shard !== undefined) for (const listener of news) listener(shard);
      return;
    }
    const audience = audiences.get(pattern);
    if (audience === undefined) return;
    for (const signal of parseSignals(message, origin)) tell(audience, signal);
  });
  redis.on("ready", () => void resubscribe());
  const resubscribe = async () => {
    const patterns = [...audiences.keys(), ...(news.size > 0 ? [newsPattern] : [])];
    try {
      if (patterns.length > 0) await redis.psubscribe(...patterns);
    } catch {
      // The connection broke again. The next connection subscribes again.
      if (!closed) redis.disconnect(true);
      return;
    }
    for (const audience of audiences.values()) tell(audience, { kind: "resync" });
    for (const listener of news) listener();
  };
  const ping = () => {
    timer = clock.after(PING_EVERY_MS, ping);
    if (redis.status !== "ready") return;
    redis.ping().catch(() => !closed && redis.disconnect(true));
  };
  let timer = clock.after(PING_EVERY_MS, ping);

  /** Forgets an audience without listeners. Returns whether it did. */
  const forget = (audience: Audience): boolean => {
    const { pattern, all, byJob } = audience;
    if (all.size > 0 || byJob.size > 0 || audiences.get(pattern) !== audience) return false;
    return audiences.delete(pattern);
  };

  return {
    origin,
    tellOfWork(queue) {
      const audience = audiences.get(signalPattern(rootPrefix, queue));
      if (audience !== undefined) tell(audience, { kind: "work" });
    },
    async subscribe(queue, listener, jobId) {
      const pattern = signalPattern(rootPrefix, queue);
      const audience = audiences.get(pattern) ?? emptyAudience(pattern);
      audiences.set(pattern, audience);
      const end = join(audience, listener, jobId);
      // After a reconnect, resubscribe() makes the subscription again.
      audience.subscribed ??= redis.psubscribe(pattern);
      try {
        await audience.subscribed;
      } catch (error) {
        audience.subscribed = undefined;
        end();
        forget(audience);
        throw asStoreFault(error, `subscribing to ${queue}`);
      }
      return {
        async [Symbol.asyncDispose]() {
          end();
          // Without a connection, there is no subscription to end.
          if (forget(audience) && !closed) await redis.punsubscribe(pattern).catch(() => undefined);
        },
      };
    },
    async onOutboxNews(listener) {
      news.add(listener);
      try {
        await redis.psubscribe(newsPattern);
      } catch (error) {
        news.delete(listener);
        throw asStoreFault(error, "subscribing to news of outboxes");
      }
      return {
        async [Symbol.asyncDispose]() {
          news.delete(listener);
          if (news.size === 0 && !closed) {
            await redis.punsubscribe(newsPattern).catch(() => undefined);
          }
        },
      };
    },
    close() {
      closed = true;
      timer.cancel();
      redis.disconnect();
    },
  };
}

const emptyAudience = (pattern: string): Audience => ({
  pattern,
  all: new Set(),
  byJob: new Map(),
  subscribed: undefined,
});

/** Adds a listener. The returned function removes it. */
function join(
  { all, byJob }: Audience,
  listener: Listener,
  jobId: JobId | GroupId | undefined,
): () => void {
  if (jobId === undefined) {
    all.add(listener);
    return () => all.delete(listener);
  }
  const listeners = byJob.get(jobId) ?? new Set();
  byJob.set(jobId, listeners.add(listener));
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0 && byJob.get(jobId) === listeners) byJob.delete(jobId);
  };
}

function tell({ all, byJob }: Audience, signal: Signal): void {
  for (const listener of all) listener(signal);
  if (signal.kind === "resync") {
    for (const listeners of byJob.values()) for (const listener of listeners) listener(signal);
    return;
  }
  const id = "jobId" in signal ? signal.jobId : "groupId" in signal ? signal.groupId : undefined;
  if (id !== undefined) for (const listener of byJob.get(id) ?? []) listener(signal);
}

/**
 * Parses the lines of a message. signals/lib/signals.lua describes them. Signals of work that bear `ownOrigin` are left
 * out.
 */
export function parseSignals(message: string, ownOrigin = ""): Signal[] {
  return message.split("\n").flatMap((line): Signal[] => {
    const [kind, ...words] = line.split(" ");
    const ids = words as JobId[];
    const state = words[0] as JobState;
    switch (kind) {
      case "w":
        return words[0] === ownOrigin && ownOrigin !== "" ? [] : [{ kind: "work" }];
      case "s":
        return ids.slice(1).map((jobId) => ({ kind: "state", jobId, state }));
      case "f":
        return ids.slice(1).map((jobId) => ({ kind: "finished", jobId, state }));
      case "g":
        return words.map((id) => ({ kind: "group", groupId: id as GroupId }));
      case "c":
        return ids.map((jobId) => ({ kind: "cancel", jobId }));
      case "o":
        return ids.flatMap((jobId, index) =>
          index % 2 === 0 ? [{ kind: "output", jobId, nextOffset: Number(words[index + 1]) }] : [],
        );
      default:
        // A newer replica may send kinds that this one does not know.
        return [];
    }
  });
}
