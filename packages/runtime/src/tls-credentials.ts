import { type ChannelCredentials, experimental, ServerCredentials } from "@grpc/grpc-js";
import { mapReloaded, type ReloadedValue } from "./reloaded-value.ts";

/** What a listener shows, in PEM. */
export interface ServerTls {
  readonly key: Buffer;
  readonly cert: Buffer;
  /** With it, callers must show a certificate that it signed. */
  readonly clientCa?: Buffer;
}

/** What a client trusts, and what it shows, in PEM. */
export interface ClientTls {
  readonly ca: Buffer;
  readonly cert?: Buffer;
  readonly key?: Buffer;
}

type Provider = experimental.CertificateProvider;
type CaListener = Parameters<Provider["addCaCertificateListener"]>[0];
type IdentityListener = Parameters<Provider["addIdentityCertificateListener"]>[0];

/** Certificates as gRPC takes them: it asks once, and is told of each renewal. Connections stay as they are. */
function providerOf(tls: ReloadedValue<{ ca?: Buffer; cert?: Buffer; key?: Buffer }>): Provider {
  const caListeners = new Set<CaListener>();
  const identityListeners = new Set<IdentityListener>();
  const tellCa = (listener: CaListener) => {
    const { ca } = tls.current;
    listener(ca === undefined ? null : { caCertificate: ca });
  };
  const tellIdentity = (listener: IdentityListener) => {
    const { cert, key } = tls.current;
    listener(
      cert === undefined || key === undefined ? null : { certificate: cert, privateKey: key },
    );
  };
  tls.onReplaced(() => {
    for (const listener of caListeners) tellCa(listener);
    for (const listener of identityListeners) tellIdentity(listener);
  });
  return {
    addCaCertificateListener(listener) {
      caListeners.add(listener);
      // Whoever asks is not ready to hear before it has asked.
      process.nextTick(tellCa, listener);
    },
    removeCaCertificateListener: (listener) => void caListeners.delete(listener),
    addIdentityCertificateListener(listener) {
      identityListeners.add(listener);
      process.nextTick(tellIdentity, listener);
    },
    removeIdentityCertificateListener: (listener) => void identityListeners.delete(listener),
  };
}

/** What a gRPC listener shows. */
export function serverCredentials(tls: ReloadedValue<ServerTls> | undefined): ServerCredentials {
  if (tls === undefined) return ServerCredentials.createInsecure();
  const provider = providerOf(
    mapReloaded(tls, ({ key, cert, clientCa }) => ({
      ...{ key, cert },
      ...(clientCa === undefined ? {} : { ca: clientCa }),
    })),
  );
  const asksCallers = tls.current.clientCa !== undefined;
  // One provider is both: the library passes its first two arguments on in the other order.
  return experimental.createCertificateProviderServerCredentials(
    provider,
    asksCallers ? provider : null,
    asksCallers,
  );
}

/** For a gRPC client: `credentials`, unless it is to speak plaintext. */
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
