import { generateKeyPairSync } from "node:crypto";
import { systemClock } from "@millrace/shared";
import forge from "node-forge";

/** A certificate and its key, in PEM. */
export interface TestCertificate {
  readonly cert: Buffer;
  readonly key: Buffer;
}

export interface TestAuthority {
  /** The certificate of the authority in PEM, for those who trust it. */
  readonly ca: Buffer;
  /**
   * Issues a certificate for a server, or for a client. The name may be any. `host` is the server's name; by default it is
   * localhost and 127.0.0.1.
   */
  issue(name: string, host?: string): TestCertificate;
}

const DAY_MS = 24 * 3_600_000;

function keyPair() {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2_048 });
  const pem = privateKey.export({ type: "pkcs1", format: "pem" }) as string;
  const key = forge.pki.privateKeyFromPem(pem);
  return { pem, key, publicKey: forge.pki.setRsaPublicKey(key.n, key.e) };
}

let serials = 0;
let authorities = 0;

/** Creates a certificate authority for one test. It is valid for a day. */
export function testAuthority(): TestAuthority {
  authorities += 1;
  // Authorities need different names, so that a peer that trusts several can tell them apart.
  const name = [{ name: "commonName", value: `Millrace test authority ${authorities}` }];
  const authority = keyPair();

  const sign = (subject: typeof name, publicKey: forge.pki.PublicKey, extensions: object[]) => {
    const certificate = forge.pki.createCertificate();
    serials += 1;
    certificate.serialNumber = String(serials).padStart(4, "0");
    certificate.publicKey = publicKey;
    certificate.validity.notBefore = new Date(systemClock.nowMs() - DAY_MS);
    certificate.validity.notAfter = new Date(systemClock.nowMs() + DAY_MS);
    certificate.setSubject(subject);
    certificate.setIssuer(name);
    certificate.setExtensions(extensions);
    certificate.sign(authority.key, forge.md.sha256.create());
    return Buffer.from(forge.pki.certificateToPem(certificate));
  };
  const ca = sign(name, authority.publicKey, [
    { name: "basicConstraints", cA: true, critical: true },
    { name: "keyUsage", keyCertSign: true, cRLSign: true, critical: true },
  ]);
  return {
    ca,
    issue(commonName, host) {
      const { pem, publicKey } = keyPair();
      const cert = sign([{ name: "commonName", value: commonName }], publicKey, [
        { name: "basicConstraints", cA: false },
        { name: "extKeyUsage", serverAuth: true, clientAuth: true },
        // Type 2 is a DNS name, type 7 an IP address.
        {
          name: "subjectAltName",
          altNames:
            host === undefined
              ? [
                  { type: 2, value: "localhost" },
                  { type: 7, ip: "127.0.0.1" },
                ]
              : [{ type: 2, value: host }],
        },
      ]);
      return { cert, key: Buffer.from(pem) };
    },
  };
}
