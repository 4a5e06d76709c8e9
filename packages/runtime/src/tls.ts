import type { ChannelCredentials } from "@grpc/grpc-js";
import { z } from "zod";
import { type Config, isLoopback, setting } from "./load-config.ts";
import { assertCertificates, assertNeeded, assertUsable, readFiles } from "./named-files.ts";
import { type ReloadedValue, type ReloadOptions, reloadRegularly } from "./reloaded-value.ts";
import type { Scope } from "./run-main.ts";
import { type ClientTls, clientCredentials, type ServerTls } from "./tls-credentials.ts";

export type { ClientTls, ServerTls } from "./tls-credentials.ts";

const file = z.string().optional();

const reloadMs = setting(
  "MILLRACE_TLS_RELOAD_MS",
  z.coerce.number().int().min(100).max(86_400_000).default(10_000),
  "How often certificate files are looked at for what has replaced them, in milliseconds.",
);

/** The certificate of a service's listeners: part of its configuration. */
export const tlsSettings = {
  tlsCert: setting(
    "MILLRACE_TLS_CERT_FILE",
    file,
    "The certificate to show, with its chain, in PEM; left out, listeners speak plaintext.",
  ),
  tlsKey: setting("MILLRACE_TLS_KEY_FILE", file, "The certificate's key, in PEM."),
  tlsClientCa: setting(
    "MILLRACE_TLS_CLIENT_CA_FILE",
    file,
    "Callers must show a certificate that one of these signed, in PEM.",
  ),
  tlsReloadMs: reloadMs,
};

/** How a service calls the scheduler: part of its configuration. */
export const schedulerTlsSettings = {
  schedulerCa: setting(
    "MILLRACE_SCHEDULER_CA_FILE",
    file,
    "The scheduler speaks TLS, and one of these signed its certificate, in PEM.",
  ),
  schedulerCert: setting(
    "MILLRACE_SCHEDULER_CERT_FILE",
    file,
    "The certificate to show the scheduler, where it asks for one, in PEM.",
  ),
  schedulerKey: setting("MILLRACE_SCHEDULER_KEY_FILE", file, "That certificate's key, in PEM."),
  tlsReloadMs: reloadMs,
};

type ServerFiles = Omit<Config<typeof tlsSettings>, "tlsReloadMs">;
type ClientFiles = Omit<Config<typeof schedulerTlsSettings>, "tlsReloadMs">;

/** What the settings name, as it is now. */
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

/** For a client of the scheduler, as it is now; undefined if that is called in plaintext. */
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

/** What a service's listeners show, renewed when the files are; undefined if they speak plaintext. */
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

/** How a service calls the scheduler, renewed when the files are: `credentials`, unless in plaintext. */
export function keepSchedulerTls(
  scope: Pick<Scope, "defer">,
  config: Config<typeof schedulerTlsSettings>,
  options: KeepOptions,
): { readonly credentials?: ChannelCredentials } {
  return clientCredentials(keepSchedulerCertificates(scope, config, options));
}

/** As keepSchedulerTls, for who makes the credentials: undefined in plaintext. */
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

/** Whether there is one at all does not change while a service runs: it is a matter of settings. */
function kept<Value>(
  scope: Pick<Scope, "defer">,
  read: () => Value | undefined,
  options: ReloadOptions,
): ReloadedValue<Value> | undefined {
  if (read() === undefined) return undefined;
  return reloadRegularly(scope, read as () => Value, options);
}

/** Says at start that what listens to the network can be read on it. */
export function warnOfPlaintext(
  log: { warn(fields: object, message: string): void },
  tls: object | undefined,
  hosts: readonly string[],
): void {
  const open = tls === undefined ? hosts.filter((host) => !isLoopback(host)) : [];
  if (open.length === 0) return;
  const message = "listening beyond this machine without TLS: keys and jobs can be read on the way";
  log.warn({ hosts: open, settings: [tlsSettings.tlsCert.env, tlsSettings.tlsKey.env] }, message);
}
