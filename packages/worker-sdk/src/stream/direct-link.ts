import type { ChannelCredentials } from "@grpc/grpc-js";
import { Channel } from "../calls/channel.ts";
import { LeasedStream } from "./leased-stream.ts";
import type { Link, LinkEvents, OpenStream } from "./link.ts";

/** A link in the calling thread. Replaced certificates take effect with the next stream. */
export class DirectLink implements Link {
  readonly #channel: Channel;

  constructor(address: string, credentials?: ChannelCredentials) {
    this.#channel = new Channel({ address, credentials, use: { oneStream: true } });
  }

  open({ token, tls, hello }: OpenStream, events: LinkEvents): LeasedStream {
    return new LeasedStream(this.#channel.client(tls), token, hello, events);
  }

  close(): void {
    this.#channel.close();
  }
}
