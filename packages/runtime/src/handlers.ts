import type {
  DescMethod,
  DescMethodBiDiStreaming,
  DescMethodClientStreaming,
  DescMethodServerStreaming,
  DescMethodUnary,
  DescService,
  MessageInitShape,
  MessageShape,
} from "@bufbuild/protobuf";

/** A call's headers in any protocol. Names are in lower case. Of several values `get` returns the first. */
export interface CallHeaders {
  get(name: string): string | undefined;
}

/** What a handler knows of its call besides the request. */
export interface CallContext<Identity = undefined> {
  readonly headers: CallHeaders;
  /** Aborts when the caller cancels, disconnects, or its deadline passes; never after success. */
  readonly signal: AbortSignal;
  /**
   * Aborts when the server leaves, which it may do several times before it closes. A stream that another server can continue then
   * ends. Its caller may come again: it may know no other server yet.
   */
  readonly leaving: AbortSignal;
  /** Aborts when the server starts to close. A stream's handler then tells its peer, and returns. */
  readonly draining: AbortSignal;
  readonly peer: string;
  /** The fully qualified method: `/millrace.jobs.v1.JobService/GetJob`. */
  readonly path: string;
  /** What `authenticate` returned. */
  readonly identity: Identity;
  /** Records which job, group of jobs or schedule the call is about, for the call's span and log line. */
  concerns(id: string, what?: "job" | "group" | "schedule"): void;
}

export type Handler<Method extends DescMethod, Identity> =
  Method extends DescMethodUnary<infer I, infer O>
    ? (
        request: MessageShape<I>,
        context: CallContext<Identity>,
      ) => Promise<MessageInitShape<O>> | MessageInitShape<O>
    : Method extends DescMethodClientStreaming<infer I, infer O>
      ? (
          requests: AsyncIterable<MessageShape<I>>,
          context: CallContext<Identity>,
        ) => Promise<MessageInitShape<O>>
      : Method extends DescMethodServerStreaming<infer I, infer O>
        ? (
            request: MessageShape<I>,
            context: CallContext<Identity>,
          ) => AsyncIterable<MessageInitShape<O>>
        : Method extends DescMethodBiDiStreaming<infer I, infer O>
          ? (
              requests: AsyncIterable<MessageShape<I>>,
              context: CallContext<Identity>,
            ) => AsyncIterable<MessageInitShape<O>>
          : never;

/**
 * One handler per method. When a stream of requests ends, the caller may have cancelled it: the end arrives before
 * `context.signal` aborts. So a caller must say "done" in a message. The server reads a stream of responses only as fast as
 * the peer does, and returns from it on abort.
 */
export type Handlers<Service extends DescService, Identity = undefined> = {
  readonly [Name in keyof Service["method"]]: Handler<Service["method"][Name], Identity>;
};

export interface BoundService<Identity = undefined> {
  readonly desc: DescService;
  readonly handlers: object;
  /** Exists only for its type: the identity that the handlers expect. */
  readonly identity?: (identity: Identity) => void;
}

/** A handler of any kind of method. The kind follows from the method. */
export type AnyHandler = (request: unknown, context: CallContext<unknown>) => unknown;

/** Pairs each method of a service with its handler. Throws if a handler is missing. */
export const methodsOf = ({
  desc,
  handlers,
}: BoundService<never>): readonly (readonly [DescMethod, AnyHandler])[] =>
  desc.methods.map((method) => {
    const handler = (handlers as Record<string, AnyHandler | undefined>)[method.localName];
    if (handler === undefined) throw new Error(`no handler for ${method.toString()}`);
    return [method, handler];
  });

/** Binds handlers to a service. The types check that they match. */
export const bindService = <Service extends DescService, Identity = undefined>(
  desc: Service,
  handlers: Handlers<Service, Identity>,
): BoundService<Identity> => ({ desc, handlers });
