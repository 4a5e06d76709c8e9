import { type ChannelCredentials, credentials, Metadata } from "@grpc/grpc-js";

/** Certificates and a key, in PEM. Without `ca`, the client trusts the system's root certificates. */
export interface ChannelTls {
  readonly ca?: Uint8Array | undefined;
  readonly cert?: Uint8Array | undefined;
  readonly key?: Uint8Array | undefined;
}

const bufferOf = (bytes: Uint8Array | undefined): Buffer | null =>
  bytes === undefined ? null : Buffer.from(bytes);

/** Makes a client's credentials: plaintext if there is no TLS. */
export const channelCredentials = (tls: ChannelTls | undefined): ChannelCredentials =>
  tls === undefined
    ? credentials.createInsecure()
    : credentials.createSsl(bufferOf(tls.ca), bufferOf(tls.key), bufferOf(tls.cert));

/** Makes the metadata that authenticates a call; empty without a token. */
export function callMetadata(token: string | undefined): Metadata {
  const metadata = new Metadata();
  if (token !== undefined) metadata.set("authorization", `Bearer ${token}`);
  return metadata;
}
