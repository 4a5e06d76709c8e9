import { type ChannelCredentials, credentials, Metadata } from "@grpc/grpc-js";

/** Certificates and a key, in PEM. Without `ca`, the system's roots are trusted. */
export interface ChannelTls {
  readonly ca?: Uint8Array | undefined;
  readonly cert?: Uint8Array | undefined;
  readonly key?: Uint8Array | undefined;
}

const bufferOf = (bytes: Uint8Array | undefined): Buffer | null =>
  bytes === undefined ? null : Buffer.from(bytes);

/** Plaintext where there is no TLS. */
export const channelCredentials = (tls: ChannelTls | undefined): ChannelCredentials =>
  tls === undefined
    ? credentials.createInsecure()
    : credentials.createSsl(bufferOf(tls.ca), bufferOf(tls.key), bufferOf(tls.cert));

/** What a call sends to be let in; without a token, nothing. */
export function callMetadata(token: string | undefined): Metadata {
  const metadata = new Metadata();
  if (token !== undefined) metadata.set("authorization", `Bearer ${token}`);
  return metadata;
}
