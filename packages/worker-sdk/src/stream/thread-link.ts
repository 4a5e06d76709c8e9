import { MessageChannel, type MessagePort, Worker } from "node:worker_threads";
import { systemClock } from "@millrace/shared";
import type { Link, LinkEvents, LinkStream, OpenStream } from "./link.ts";
import {
  type BlockedJob,
  claimed,
  type FromLink,
  type FromThread,
  type ToLink,
  type ToThread,
} from "./thread-messages.ts";

/** How long the thread waits for another worker after the last one has left. */
const IDLE_MS = 30_000;
/** The thread's program: a source beside this one, or in the built package a file beside the one that has this code. */
const entry = import.meta.url.endsWith(".ts")
  ? new URL("./stream-thread.ts", import.meta.url)
  : new URL("./stream-thread.js", import.meta.url);

/** The process's stream thread. All workers of the process share it. It ends IDLE_MS after the last worker has left. */
let running: { readonly thread: Worker; readonly links: Set<ThreadLink> } | undefined;

function threadFor(link: ThreadLink): Worker {
  if (running === undefined) {
    // The flags of this process, such as --eval, must not apply to the thread.
    const thread = new Worker(entry, { execArgv: [] });
    const own = { thread, links: new Set<ThreadLink>() };
    running = own;
    thread.on("message", ({ kind }: FromThread) => {
      if (kind === "check") thread.postMessage({ kind: "awake" } satisfies ToThread);
    });
    const gone = (error: Error | undefined) => {
      if (running === own) running = undefined;
      for (const one of own.links) one.threadEnded(error);
      own.links.clear();
    };
    thread.on("error", gone);
    thread.on("exit", () => gone(undefined));
    // The worker keeps the process alive, not the thread. `unref` must follow the listeners, because each
    // listener refs the thread again.
    thread.unref();
  }
  running.links.add(link);
  return running.thread;
}

function leaveThread(link: ThreadLink): void {
  const own = running;
  if (own?.links.delete(link) !== true) return;
  systemClock.after(IDLE_MS, () => {
    if (own !== running || own.links.size > 0) return;
    running = undefined;
    void own.thread.terminate();
  });
}

export interface ThreadLinkOptions {
  readonly address: string;
  readonly maxBlockedMs: number;
  /** Called after the event loop was blocked for `blockedMs` while the worker held these jobs. */
  onBlocked(blockedMs: number, jobs: readonly BlockedJob[]): void;
}

/** A link in the stream thread. It keeps working when this thread's event loop is blocked. */
export class ThreadLink implements Link {
  readonly #options: ThreadLinkOptions;
  #port: MessagePort | undefined;
  /** The number of the stream that is open. */
  #stream = 0;
  #events: LinkEvents | undefined;

  constructor(options: ThreadLinkOptions) {
    this.#options = options;
  }

  open(open: OpenStream, events: LinkEvents): LinkStream {
    this.#stream += 1;
    const stream = this.#stream;
    this.#events = events;
    this.#port ??= this.#join();
    this.#post({ kind: "open", stream, ...open }, open.hello);
    return {
      send: (bytes) => this.#post({ kind: "send", stream, bytes }, bytes),
      cut: () => this.#post({ kind: "cut", stream }),
    };
  }

  close(): void {
    this.#post({ kind: "close" });
    this.#port?.close();
    this.#port = undefined;
    leaveThread(this);
  }

  threadEnded(error: Error | undefined): void {
    this.#port?.close();
    this.#port = undefined;
    const events = this.#events;
    this.#events = undefined;
    const why = error === undefined ? "it exited" : error.message || error.name;
    // 14 is UNAVAILABLE: another try may succeed.
    events?.ended({ code: 14, details: why, message: `the stream thread ended: ${why}` });
  }

  #join(): MessagePort {
    const { port1, port2 } = new MessageChannel();
    const { address, maxBlockedMs } = this.#options;
    const link: ToThread = { kind: "link", port: port2, address, maxBlockedMs };
    threadFor(this).postMessage(link, [port2]);
    port1.on("message", (message: FromLink) => this.#receive(message));
    port1.unref();
    return port1;
  }

  #post(message: ToLink, bytes?: Uint8Array): void {
    this.#port?.postMessage(message, bytes === undefined ? [] : [bytes.buffer as ArrayBuffer]);
  }

  #receive(message: FromLink): void {
    if (message.kind === "unblocked") {
      this.#options.onBlocked(message.blockedMs, message.jobs);
      return;
    }
    const events = message.stream === this.#stream ? this.#events : undefined;
    if (message.kind === "ended") {
      this.#events = events === undefined ? this.#events : undefined;
      events?.ended(message.error);
    } else if (message.kind === "message") events?.message(message.bytes);
    else if (claimed(message.claim, "main")) events?.message(message.bytes);
    else events?.handedBack(message.bytes);
  }
}
