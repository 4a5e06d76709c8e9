/** Health and reflection need no credential. Anyone may call them, so each call may hold only little. */
import type { ServerHttp2Stream } from "node:http2";
import type { ServerInterceptingCallInterface } from "@grpc/grpc-js";
import { HealthImplementation } from "grpc-health-check";
import { type RpcFault, rpcError } from "./rpc-fault.ts";

/** The longest message. Names that callers ask about are far shorter. */
export const OPEN_MESSAGE_BYTES = 4 * 1024;

/**
 * Limits the messages of one call. Call this before any message is read. grpc-js has one limit for all methods of a server and
 * copies it into private fields of each call, which this changes.
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
 * Limits the open calls per connection. Health watches and reflection streams last as long as their caller likes, at some
 * 24 KB each, and a connection may have a thousand streams.
 */
export class OpenCalls {
  readonly #limit: number;
  readonly #counts = new WeakMap<object, number>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Counts a call until its stream closes. Returns a fault if its connection has reached the limit. */
  enter(stream: ServerHttp2Stream): RpcFault | undefined {
    const connection = stream.session ?? stream;
    const count = this.#counts.get(connection) ?? 0;
    if (count >= this.#limit) return tooMany(this.#limit);
    this.#counts.set(connection, count + 1);
    stream.once("close", () =>
      this.#counts.set(connection, (this.#counts.get(connection) ?? 1) - 1),
    );
    return undefined;
  }
}

const tooMany = (limit: number) =>
  rpcError({
    reason: "TOO_MANY_STREAMS",
    message: `this connection has ${limit} calls of health and reflection open, which is the limit: end some first`,
    metadata: { limit: String(limit) },
  });

/**
 * Makes a call read its next message only after the answer to the last one was sent. Reflection answers each message at once,
 * even if its caller does not read, and an answer is many times as long as the message.
 */
export function answerBeforeReading(call: ServerInterceptingCallInterface): void {
  const startRead = call.startRead.bind(call);
  const sendMessage = call.sendMessage.bind(call);
  let sending = 0;
  let isReadDue = false;
  call.startRead = () => {
    if (sending > 0) isReadDue = true;
    else startRead();
  };
  call.sendMessage = (message, onSent) => {
    sending += 1;
    sendMessage(message, () => {
      // onSent may send the next answer, which is then counted too.
      onSent();
      sending -= 1;
      if (sending > 0 || !isReadDue) return;
      isReadDue = false;
      startRead();
    });
  };
}

/**
 * gRPC's health service. The library keeps every name that was ever watched, and a stranger may watch any number of names.
 * This service forgets a name with its last watcher.
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
