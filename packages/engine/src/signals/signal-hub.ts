import type { Clock, JobId, JobState, QueueName } from "@millrace/shared";
import { signalPattern } from "../redis/keys.ts";
import type { Store } from "../redis/store-connection.ts";
import { asStoreFault } from "../redis/store-fault.ts";
import type { Signal } from "./contract.ts";

type Listener = (signal: Signal) => void;

/** A connection that died without a word would mean silence for ever. */
const PING_EVERY_MS = 10_000;

export interface SignalHub {
  /** With `jobId`: what concerns that job alone. */
  subscribe(queue: QueueName, listener: Listener, jobId?: JobId): Promise<AsyncDisposable>;
  close(): void;
}

/** Who listens to a queue. A thousand who each follow one job cost nothing while others' jobs move. */
interface Audience {
  readonly pattern: string;
  readonly all: Set<Listener>;
  readonly byJob: Map<JobId, Set<Listener>>;
  /** Of the connection's subscription; left out while there is none. */
  subscribed: Promise<unknown> | undefined;
}

/**
 * All subscriptions of an engine on one connection, which is connected already. What is published while it is down is lost, so
 * once it is back and subscribed again every listener is told to resync.
 */
export function signalHub(redis: Store, rootPrefix: string, clock: Clock): SignalHub {
  const audiences = new Map<string, Audience>();
  let closed = false;

  redis.on("pmessage", (pattern: string, _channel: string, message: string) => {
    const audience = audiences.get(pattern);
    if (audience === undefined) return;
    for (const signal of parseSignals(message)) tell(audience, signal);
  });
  redis.on("ready", () => void resubscribe());
  const resubscribe = async () => {
    const patterns = [...audiences.keys()];
    try {
      if (patterns.length > 0) await redis.psubscribe(...patterns);
    } catch {
      // The connection broke again; the next one tries again.
      if (!closed) redis.disconnect(true);
      return;
    }
    for (const audience of audiences.values()) tell(audience, { kind: "resync" });
  };
  const ping = () => {
    timer = clock.after(PING_EVERY_MS, ping);
    if (redis.status !== "ready") return;
    redis.ping().catch(() => !closed && redis.disconnect(true));
  };
  let timer = clock.after(PING_EVERY_MS, ping);

  /** Forgets an audience that has nobody in it; true if it did. */
  const forget = (audience: Audience): boolean => {
    const { pattern, all, byJob } = audience;
    if (all.size > 0 || byJob.size > 0 || audiences.get(pattern) !== audience) return false;
    return audiences.delete(pattern);
  };

  return {
    async subscribe(queue, listener, jobId) {
      const pattern = signalPattern(rootPrefix, queue);
      const audience = audiences.get(pattern) ?? emptyAudience(pattern);
      audiences.set(pattern, audience);
      const end = join(audience, listener, jobId);
      // A subscription that broke is made again with its connection.
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
          // Without a connection there is no subscription to end.
          if (forget(audience) && !closed) await redis.punsubscribe(pattern).catch(() => undefined);
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

/** Adds a listener; what is returned takes it away. */
function join({ all, byJob }: Audience, listener: Listener, jobId: JobId | undefined): () => void {
  if (jobId === undefined) {
    all.add(listener);
    return () => all.delete(listener);
  }
  const told = byJob.get(jobId) ?? new Set();
  byJob.set(jobId, told.add(listener));
  return () => {
    told.delete(listener);
    if (told.size === 0 && byJob.get(jobId) === told) byJob.delete(jobId);
  };
}

function tell({ all, byJob }: Audience, signal: Signal): void {
  for (const listener of all) listener(signal);
  if (signal.kind === "resync") {
    for (const told of byJob.values()) for (const listener of told) listener(signal);
  } else if ("jobId" in signal) {
    for (const listener of byJob.get(signal.jobId) ?? []) listener(signal);
  }
}

/** The lines of a message; see signals/lib/signals.lua. */
export function parseSignals(message: string): Signal[] {
  return message.split("\n").flatMap((line): Signal[] => {
    const [kind, ...words] = line.split(" ");
    const ids = words as JobId[];
    const state = words[0] as JobState;
    switch (kind) {
      case "w":
        return [{ kind: "work" }];
      case "s":
        return ids.slice(1).map((jobId) => ({ kind: "state", jobId, state }));
      case "f":
        return ids.slice(1).map((jobId) => ({ kind: "finished", jobId, state }));
      case "c":
        return ids.map((jobId) => ({ kind: "cancel", jobId }));
      case "o":
        return ids.flatMap((jobId, index) =>
          index % 2 === 0 ? [{ kind: "output", jobId, nextOffset: Number(words[index + 1]) }] : [],
        );
      default:
        // A newer replica may say what this one does not know.
        return [];
    }
  });
}
