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

/** A call's headers, whatever protocol carried them. Names in lower case; the first value of each. */
export interface CallHeaders {
  get(name: string): string | undefined;
}

/** What a handler may know of its call besides the request. */
export interface CallContext<Identity = undefined> {
  readonly headers: CallHeaders;
  /** Aborts when the caller cancels, goes away, or its deadline passes; never after success. */
  readonly signal: AbortSignal;
  /** Aborts when the server starts to close: say goodbye on the stream and return. */
  readonly draining: AbortSignal;
  readonly peer: string;
  /** Fully qualified: `/millrace.jobs.v1.JobService/GetJob`. */
  readonly path: string;
  /** What `authenticate` returned. */
  readonly identity: Identity;
  /** Says which job the call is about: for its span and its line in the log. */
  concerns(jobId: string): void;
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
 * One handler per method. A stream of requests that ends may be a cancelled one: the end is seen
 * before `context.signal` aborts, so callers that mean "done" must say it in a message.
 * A stream of responses is pulled only as fast as the peer reads; on abort it is returned from.
 */
export type Handlers<Service extends DescService, Identity = undefined> = {
  readonly [Name in keyof Service["method"]]: Handler<Service["method"][Name], Identity>;
};

export interface BoundService<Identity = undefined> {
  readonly desc: DescService;
  readonly handlers: object;
  /** Only carries the type of the identity that the handlers expect. */
  readonly identity?: (identity: Identity) => void;
}

/** A handler of any kind of method: which kind follows from the method. */
export type AnyHandler = (request: unknown, context: CallContext<unknown>) => unknown;

/** Each method of a service with its handler; throws if one is missing. */
export const methodsOf = ({
  desc,
  handlers,
}: BoundService<never>): readonly (readonly [DescMethod, AnyHandler])[] =>
  desc.methods.map((method) => {
    const handler = (handlers as Record<string, AnyHandler | undefined>)[method.localName];
    if (handler === undefined) throw new Error(`no handler for ${method.toString()}`);
    return [method, handler];
  });

/** A service with its handlers, checked against each other by type. */
export const bindService = <Service extends DescService, Identity = undefined>(
  desc: Service,
  handlers: Handlers<Service, Identity>,
): BoundService<Identity> => ({ desc, handlers });
