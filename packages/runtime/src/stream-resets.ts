import type { Server } from "@grpc/grpc-js";

/** How many streams a peer may reset on one connection: in a burst, and per second. */
export interface StreamResets {
  readonly burst: number;
  readonly perSecond: number;
}

/**
 * Raises the limit on stream resets. Call this before the server listens. Otherwise HTTP/2 ends a connection, with all its
 * calls, after a burst of 1,000 resets and then 33 per second. grpc-js has no option for this, but passes these on to HTTP/2.
 */
export function allowResets(server: Server, { burst, perSecond }: StreamResets): void {
  const { commonServerOptions } = server as unknown as { readonly commonServerOptions: object };
  Object.assign(commonServerOptions, { streamResetBurst: burst, streamResetRate: perSecond });
}
