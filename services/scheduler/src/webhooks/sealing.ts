import type { SealedSecret } from "@millrace/engine";

export interface SecretSealer {
  seal(secret: string, nowMs: number): SealedSecret;
  open(sealed: SealedSecret): string;
}
