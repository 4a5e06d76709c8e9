import { type ChannelCredentials, Client } from "@grpc/grpc-js";
import { type ChannelUse, channelCredentials, channelOptions, LastingClient } from "@millrace/grpc";
import { systemClock } from "@millrace/shared";
import type { WorkerTls } from "../worker-options.ts";

const sameTls = (one: WorkerTls | undefined, other: WorkerTls | undefined): boolean =>
  (["ca", "cert", "key"] as const).every(
    (part) => Buffer.compare(one?.[part] ?? Buffer.of(), other?.[part] ?? Buffer.of()) === 0,
  );

export interface ChannelOptions {
  readonly address: string;
  readonly use: ChannelUse;
  /** Take the place of certificates that a call names. */
  readonly credentials?: ChannelCredentials | undefined;
}

/** A channel to schedulers that is opened at the first call, and opened again when its certificates are replaced. */
export class Channel {
  readonly #options: ChannelOptions;
  #client: LastingClient | undefined;
  #tls: WorkerTls | undefined;

  constructor(options: ChannelOptions) {
    this.#options = options;
  }

  client(tls: WorkerTls | undefined): Client {
    if (!sameTls(tls, this.#tls)) this.close();
    this.#tls = tls;
    const { address, use, credentials } = this.#options;
    this.#client ??= new LastingClient({
      make: () => new Client(address, credentials ?? channelCredentials(tls), channelOptions(use)),
      clock: systemClock,
    });
    return this.#client.current();
  }

  /** Calls under way go on. */
  close(): void {
    this.#client?.close();
    this.#client = undefined;
  }
}
