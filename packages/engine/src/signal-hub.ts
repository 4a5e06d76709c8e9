import type { Clock, JobId, JobState, QueueName } from "@millrace/shared";
import type { Redis } from "ioredis";
import type { Signal } from "./engine.ts";
import { signalPattern } from "./keys.ts";
import { asStoreFault } from "./store-fault.ts";

type Listener = (signal: Signal) => void;

/** A connection that died without a word would mean silence for ever. */
const PING_EVERY_MS = 10_000;

export interface SignalHub {
  subscribe(queue: QueueName, listener: Listener): Promise<AsyncDisposable>;
  close(): void;
}

/**
 * All subscriptions of an engine on one connection, which is connected already. What is published while it is down is lost, so
 * once it is back and subscribed again every listener is told to resync.
 */
export function signalHub(redis: Redis, rootPrefix: string, clock: Clock): SignalHub {
  const listeners = new Map<QueueName, Set<Listener>>();
  const queueOf = new Map<string, QueueName>();
  let closed = false;

  redis.on("pmessage", (pattern: string, _channel: string, message: string) => {
    const queue = queueOf.get(pattern);
    const told = queue === undefined ? undefined : listeners.get(queue);
    if (told === undefined) return;
    for (const signal of parseSignals(message)) for (const listener of told) listener(signal);
  });
  redis.on("ready", () => void resubscribe());
  const resubscribe = async () => {
    const patterns = [...queueOf.keys()];
    try {
      if (patterns.length > 0) await redis.psubscribe(...patterns);
    } catch {
      // The connection broke again; the next one tries again.
      if (!closed) redis.disconnect(true);
      return;
    }
    for (const told of listeners.values()) for (const one of told) one({ kind: "resync" });
  };
  const ping = () => {
    timer = clock.after(PING_EVERY_MS, ping);
    if (redis.status !== "ready") return;
    redis.ping().catch(() => !closed && redis.disconnect(true));
  };
  let timer = clock.after(PING_EVERY_MS, ping);

  return {
    async subscribe(queue, listener) {
      const pattern = signalPattern(rootPrefix, queue);
      const told = listeners.get(queue) ?? new Set();
      listeners.set(queue, told.add(listener));
      queueOf.set(pattern, queue);
      try {
        await redis.psubscribe(pattern);
      } catch (error) {
        told.delete(listener);
        throw asStoreFault(error, `subscribing to ${queue}`);
      }
      return {
        async [Symbol.asyncDispose]() {
          told.delete(listener);
          if (told.size > 0 || listeners.get(queue) !== told) return;
          listeners.delete(queue);
          queueOf.delete(pattern);
          // Without a connection there is no subscription to end.
          if (!closed) await redis.punsubscribe(pattern).catch(() => undefined);
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

/** The lines of a message; see scripts/lib/signals.lua. */
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
