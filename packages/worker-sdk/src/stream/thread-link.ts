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

/** How long the thread stays for the next worker. */
const IDLE_MS = 30_000;
const entry = new URL("./stream-thread.ts", import.meta.url);

/** The process' stream thread: all of its workers share one, which ends a while after the last of them. */
let running: { readonly thread: Worker; readonly links: Set<ThreadLink> } | undefined;

function threadFor(link: ThreadLink): Worker {
  if (running === undefined) {
    // Flags of this process, such as --eval, are not for the thread.
    const thread = new Worker(entry, { execArgv: [] });
    const own = { thread, links: new Set<ThreadLink>() };
    running = own;
    thread.on("message", ({ kind }: FromThread) => {
      if (kind === "look") thread.postMessage({ kind: "awake" } satisfies ToThread);
    });
    const gone = (error: Error | undefined) => {
      if (running === own) running = undefined;
      for (const one of own.links) one.threadEnded(error);
      own.links.clear();
    };
    thread.on("error", gone);
    thread.on("exit", () => gone(undefined));
    // Who holds the process is the worker. After the listeners: each of them would hold it again.
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
  /** The event loop was blocked for so long, while the worker held these jobs. */
  onBlocked(blockedMs: number, jobs: readonly BlockedJob[]): void;
}

/** A link in the stream thread, which goes on when this thread's event loop is blocked. */
export class ThreadLink implements Link {
  readonly #options: ThreadLinkOptions;
  #port: MessagePort | undefined;
  /** The stream that is open is the one with this number. */
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
    // UNAVAILABLE: another try may go well.
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
