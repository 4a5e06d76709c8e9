import { type ChannelCredentials, Client } from "@grpc/grpc-js";
import { channelCredentials, channelOptions } from "@millrace/grpc";
import type { WorkerTls } from "../worker-options.ts";
import { LeasedStream } from "./leased-stream.ts";
import type { Link, LinkEvents, OpenStream } from "./link.ts";

const sameTls = (one: WorkerTls | undefined, other: WorkerTls | undefined): boolean =>
  (["ca", "cert", "key"] as const).every(
    (part) => Buffer.compare(one?.[part] ?? Buffer.of(), other?.[part] ?? Buffer.of()) === 0,
  );

/** A link in the calling thread. Replaced certificates take effect with the next stream. */
export class DirectLink implements Link {
  readonly #address: string;
  readonly #credentials: ChannelCredentials | undefined;
  #client: Client | undefined;
  #tls: WorkerTls | undefined;

  constructor(address: string, credentials?: ChannelCredentials) {
    this.#address = address;
    this.#credentials = credentials;
  }

  open({ token, tls, hello }: OpenStream, events: LinkEvents): LeasedStream {
    if (!sameTls(tls, this.#tls)) this.close();
    this.#tls = tls;
    this.#client ??= new Client(
      this.#address,
      this.#credentials ?? channelCredentials(tls),
      channelOptions({ oneStream: true }),
    );
    return new LeasedStream(this.#client, token, hello, events);
  }

  close(): void {
    this.#client?.close();
    this.#client = undefined;
  }
}
