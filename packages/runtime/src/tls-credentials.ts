import { type ChannelCredentials, experimental, ServerCredentials } from "@grpc/grpc-js";
import { mapReloaded, type ReloadedValue } from "./reloaded-value.ts";

/** The certificate and key that a listener presents, in PEM. */
export interface ServerTls {
  readonly key: Buffer;
  readonly cert: Buffer;
  /** If set, callers must present a certificate that this CA signed. */
  readonly clientCa?: Buffer;
}

/** The CA that a client trusts, and the certificate and key that it presents, in PEM. */
export interface ClientTls {
  readonly ca: Buffer;
  readonly cert?: Buffer;
  readonly key?: Buffer;
}

type Provider = experimental.CertificateProvider;
type CaListener = Parameters<Provider["addCaCertificateListener"]>[0];
type IdentityListener = Parameters<Provider["addIdentityCertificateListener"]>[0];

/** Provides certificates to gRPC, which asks once and then gets each new value. Existing connections stay as they are. */
function providerOf(tls: ReloadedValue<{ ca?: Buffer; cert?: Buffer; key?: Buffer }>): Provider {
  const caListeners = new Set<CaListener>();
  const identityListeners = new Set<IdentityListener>();
  const sendCa = (listener: CaListener) => {
    const { ca } = tls.current;
    listener(ca === undefined ? null : { caCertificate: ca });
  };
  const sendIdentity = (listener: IdentityListener) => {
    const { cert, key } = tls.current;
    listener(
      cert === undefined || key === undefined ? null : { certificate: cert, privateKey: key },
    );
  };
  tls.onReplaced(() => {
    for (const listener of caListeners) sendCa(listener);
    for (const listener of identityListeners) sendIdentity(listener);
  });
  return {
    addCaCertificateListener(listener) {
      caListeners.add(listener);
      // gRPC is not ready for the first value before this call has returned.
      process.nextTick(sendCa, listener);
    },
    removeCaCertificateListener: (listener) => void caListeners.delete(listener),
    addIdentityCertificateListener(listener) {
      identityListeners.add(listener);
      process.nextTick(sendIdentity, listener);
    },
    removeIdentityCertificateListener: (listener) => void identityListeners.delete(listener),
  };
}

/** Makes the credentials of a gRPC listener. */
export function serverCredentials(tls: ReloadedValue<ServerTls> | undefined): ServerCredentials {
  if (tls === undefined) return ServerCredentials.createInsecure();
  const provider = providerOf(
    mapReloaded(tls, ({ key, cert, clientCa }) => ({
      ...{ key, cert },
      ...(clientCa === undefined ? {} : { ca: clientCa }),
    })),
  );
  const asksCallers = tls.current.clientCa !== undefined;
  // One provider serves as both: the library passes its first two arguments on in reverse order.
  return experimental.createCertificateProviderServerCredentials(
    provider,
    asksCallers ? provider : null,
    asksCallers,
  );
}

/** Makes the `credentials` of a gRPC client; none for plaintext. */
export function clientCredentials(tls: ReloadedValue<ClientTls> | undefined): {
  readonly credentials?: ChannelCredentials;
} {
  if (tls === undefined) return {};
  const provider = providerOf(tls);
  const own = tls.current.cert === undefined ? null : provider;
  return {
    credentials: experimental.createCertificateProviderChannelCredentials(provider, own),
  };
}
