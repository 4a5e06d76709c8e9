import { generateKeyPairSync } from "node:crypto";
import { systemClock } from "@millrace/shared";
import forge from "node-forge";

/** A certificate and its key, in PEM. */
export interface TestCertificate {
  readonly cert: Buffer;
  readonly key: Buffer;
}

export interface TestAuthority {
  /** What those who trust it are given, in PEM. */
  readonly ca: Buffer;
  /** For a server on localhost and 127.0.0.1, and for a client of any name. */
  issue(name: string): TestCertificate;
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

/** A certificate authority of a test's own, good for a day. */
export function testAuthority(): TestAuthority {
  authorities += 1;
  // Those who trust several tell them apart by their names.
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
    issue(commonName) {
      const { pem, publicKey } = keyPair();
      const cert = sign([{ name: "commonName", value: commonName }], publicKey, [
        { name: "basicConstraints", cA: false },
        { name: "extKeyUsage", serverAuth: true, clientAuth: true },
        // 2: a DNS name, 7: an address.
        {
          name: "subjectAltName",
          altNames: [
            { type: 2, value: "localhost" },
            { type: 7, ip: "127.0.0.1" },
          ],
        },
      ]);
      return { cert, key: Buffer.from(pem) };
    },
  };
}
