/** Health and reflection, which need no credential. A stranger may call them, so a call of them holds little. */
import type { ServerInterceptingCallInterface } from "@grpc/grpc-js";
import { HealthImplementation } from "grpc-health-check";

/** The longest message, as it comes and decompressed. The names that are asked about are far shorter. */
export const OPEN_MESSAGE_BYTES = 4 * 1024;

/**
 * Bounds the messages of one call, before any of them is read. grpc-js has one bound for all methods of a
 * server, and takes it over into each call, which shows it to nobody.
 */
export function boundMessages(call: ServerInterceptingCallInterface): void {
  const bounded = call as unknown as {
    maxReceiveMessageSize: number;
    readonly decoder: { maxReadMessageLength: number };
  };
  bounded.maxReceiveMessageSize = OPEN_MESSAGE_BYTES;
  bounded.decoder.maxReadMessageLength = OPEN_MESSAGE_BYTES;
}

/**
 * gRPC's health service. The library keeps each name that was ever watched, and a stranger may watch any
 * number of names: this one forgets a name with its last watcher.
 */
export function healthService(): HealthImplementation {
  const health = new HealthImplementation();
  const inner = health as unknown as {
    readonly watchers: Map<string, ReadonlySet<unknown>>;
    removeWatcher(name: string, watcher: unknown): void;
  };
  const remove = inner.removeWatcher.bind(health);
  inner.removeWatcher = (name, watcher) => {
    remove(name, watcher);
    if (inner.watchers.get(name)?.size === 0) inner.watchers.delete(name);
  };
  return health;
}
