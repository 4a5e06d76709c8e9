import type { SealedSecret } from "@millrace/engine";
import type { SecretSealer } from "./sealing.ts";

/** How long the former secret signs beside the new one. */
const FORMER_SECRET_MS = 24 * 3_600_000;

export interface Rotation {
  readonly secret: string;
  readonly revokeFormer: boolean;
  readonly nowMs: number;
}

/** The secrets after a rotation: the new one first, then the former one unless it is revoked. */
export function rotatedSecrets(
  secrets: readonly SealedSecret[],
  sealer: SecretSealer,
  { secret, revokeFormer, nowMs }: Rotation,
): readonly SealedSecret[] {
  const [current, former] = secrets;
  if (current === undefined) return [sealer.seal(secret, nowMs)];
  // The call is repeated: another rotation would drop the secret that receivers know.
  if (isSame(current, secret, sealer)) {
    return revokeFormer || former === undefined ? [current] : [current, former];
  }
  const next = sealer.seal(secret, nowMs);
  return revokeFormer ? [next] : [next, { ...current, expiresMs: nowMs + FORMER_SECRET_MS }];
}

function isSame(sealed: SealedSecret, secret: string, sealer: SecretSealer): boolean {
  try {
    return sealer.open(sealed) === secret;
  } catch {
    // Its sealing key is gone. A rotation repairs that.
    return false;
  }
}
