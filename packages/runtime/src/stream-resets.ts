import type { Server } from "@grpc/grpc-js";

/** How many of its streams a peer may break off on one connection: at once, and then each second. */
export interface StreamResets {
  readonly burst: number;
  readonly perSecond: number;
}

/**
 * To be called before the server listens. HTTP/2 by itself ends a connection, with all that is on it,
 * after a burst of 1,000 and then 33 a second. grpc-js has no option for that, but gives these to HTTP/2.
 */
export function allowResets(server: Server, { burst, perSecond }: StreamResets): void {
  const { commonServerOptions } = server as unknown as { readonly commonServerOptions: object };
  Object.assign(commonServerOptions, { streamResetBurst: burst, streamResetRate: perSecond });
}
