import type { ChannelCredentials } from "@grpc/grpc-js";
import { z } from "zod";
import { wholeNumber } from "./issue-words.ts";
import { type Config, isLoopback, setting } from "./load-config.ts";
import { assertCertificates, assertNeeded, assertUsable, readFiles } from "./named-files.ts";
import { type ReloadedValue, type ReloadOptions, reloadRegularly } from "./reloaded-value.ts";
import type { Scope } from "./run-main.ts";
import { type ClientTls, clientCredentials, type ServerTls } from "./tls-credentials.ts";

export type { ClientTls, ServerTls } from "./tls-credentials.ts";

const file = z.string().optional();

const reloadMs = setting(
  "MILLRACE_TLS_RELOAD_MS",
  wholeNumber(100, 86_400_000).default(10_000),
  "How often the service checks whether its certificate files have changed, in milliseconds.",
);

/** Settings for the certificate of a service's listeners. */
export const tlsSettings = {
  tlsCert: setting(
    "MILLRACE_TLS_CERT_FILE",
    file,
    "A file with the certificate of the service's listeners and its chain, in PEM. Without it, the listeners use plaintext.",
  ),
  tlsKey: setting(
    "MILLRACE_TLS_KEY_FILE",
    file,
    "A file with the private key of the certificate, in PEM.",
  ),
  tlsClientCa: setting(
    "MILLRACE_TLS_CLIENT_CA_FILE",
    file,
    "A file with CA certificates, in PEM. If set, callers must present a certificate that one of them signed.",
  ),
  tlsReloadMs: reloadMs,
};

/** Settings for calls to the scheduler. */
export const schedulerTlsSettings = {
  schedulerCa: setting(
    "MILLRACE_SCHEDULER_CA_FILE",
    file,
    "A file with the CA certificates that the scheduler's certificate is checked against, in PEM. Without it, calls use plaintext.",
  ),
  schedulerCert: setting(
    "MILLRACE_SCHEDULER_CERT_FILE",
    file,
    "A file with the client certificate for the scheduler, if the scheduler requires one, in PEM.",
  ),
  schedulerKey: setting(
    "MILLRACE_SCHEDULER_KEY_FILE",
    file,
    "A file with the private key of the client certificate, in PEM.",
  ),
  tlsReloadMs: reloadMs,
};

type ServerFiles = Omit<Config<typeof tlsSettings>, "tlsReloadMs">;
type ClientFiles = Omit<Config<typeof schedulerTlsSettings>, "tlsReloadMs">;

/** Reads the files that the settings name. */
export function readServerTls(config: ServerFiles): ServerTls | undefined {
  const certFile = [tlsSettings.tlsCert.env, config.tlsCert] as const;
  const keyFile = [tlsSettings.tlsKey.env, config.tlsKey] as const;
  const caFile = [tlsSettings.tlsClientCa.env, config.tlsClientCa] as const;
  assertNeeded([certFile, keyFile], [keyFile, certFile], [caFile, certFile]);
  const [cert, key, clientCa] = readFiles([certFile, keyFile, caFile]);
  if (cert === undefined || key === undefined) return undefined;
  assertUsable(`${certFile[0]} and ${keyFile[0]}`, { cert, key });
  if (clientCa === undefined) return { cert, key };
  assertCertificates(caFile[0], clientCa);
  return { cert, key, clientCa };
}

/** Reads the files for a client of the scheduler; undefined if it uses plaintext. */
export function readSchedulerTls(config: ClientFiles): ClientTls | undefined {
  const caFile = [schedulerTlsSettings.schedulerCa.env, config.schedulerCa] as const;
  const certFile = [schedulerTlsSettings.schedulerCert.env, config.schedulerCert] as const;
  const keyFile = [schedulerTlsSettings.schedulerKey.env, config.schedulerKey] as const;
  assertNeeded([certFile, keyFile], [keyFile, certFile], [certFile, caFile]);
  const [ca, cert, key] = readFiles([caFile, certFile, keyFile]);
  if (ca === undefined) return undefined;
  assertCertificates(caFile[0], ca);
  if (cert === undefined || key === undefined) return { ca };
  assertUsable(`${certFile[0]} and ${keyFile[0]}`, { cert, key });
  return { ca, cert, key };
}

interface KeepOptions extends Omit<ReloadOptions, "what" | "everyMs"> {}

/** Keeps the certificates of a service's listeners up to date; undefined if the listeners use plaintext. */
export function keepServerTls(
  scope: Pick<Scope, "defer">,
  config: Config<typeof tlsSettings>,
  options: KeepOptions,
): ReloadedValue<ServerTls> | undefined {
  return kept(scope, () => readServerTls(config), {
    ...options,
    everyMs: config.tlsReloadMs,
    what: "the certificate of this service's listeners",
  });
}

/** Keeps the credentials for calls to the scheduler up to date; without `credentials`, calls use plaintext. */
export function keepSchedulerTls(
  scope: Pick<Scope, "defer">,
  config: Config<typeof schedulerTlsSettings>,
  options: KeepOptions,
): { readonly credentials?: ChannelCredentials } {
  return clientCredentials(keepSchedulerCertificates(scope, config, options));
}

/**
 * Keeps the certificates for calls to the scheduler up to date, for callers that make the credentials; undefined for
 * plaintext.
 */
export function keepSchedulerCertificates(
  scope: Pick<Scope, "defer">,
  config: Config<typeof schedulerTlsSettings>,
  options: KeepOptions,
): ReloadedValue<ClientTls> | undefined {
  return kept(scope, () => readSchedulerTls(config), {
    ...options,
    everyMs: config.tlsReloadMs,
    what: "the certificates for calls to the scheduler",
  });
}

/** The settings decide whether there are certificates at all, and that does not change while a service runs. */
function kept<Value>(
  scope: Pick<Scope, "defer">,
  read: () => Value | undefined,
  options: ReloadOptions,
): ReloadedValue<Value> | undefined {
  if (read() === undefined) return undefined;
  return reloadRegularly(scope, read as () => Value, options);
}

/** Warns at start if a listener that other machines can reach uses plaintext. */
export function warnOfPlaintext(
  log: { warn(fields: object, message: string): void },
  tls: object | undefined,
  hosts: readonly string[],
): void {
  const open = tls === undefined ? hosts.filter((host) => !isLoopback(host)) : [];
  if (open.length === 0) return;
  const message =
    "other machines can reach this listener, and it uses no TLS: anyone on the network can read keys and jobs; set the named settings";
  log.warn({ hosts: open, settings: [tlsSettings.tlsCert.env, tlsSettings.tlsKey.env] }, message);
}
