import { faultOf } from "../call-fault.ts";
import { Patience } from "../patience.ts";
import { refusalOf } from "./client.ts";
import type { OpenAiProviderOptions } from "./shared.ts";

export interface Reading {
  /** The caller's. */
  readonly signal: AbortSignal;
  /** Whether the provider has begun its answer. */
  begun(): boolean;
}

/**
 * Reads an answer as long as the provider's patience lasts. Throws a ProviderFault, or the reason of the caller's signal or of the
 * patience.
 */
export async function* patiently<T>(
  options: OpenAiProviderOptions,
  { signal, begun }: Reading,
  read: (patience: Patience) => AsyncGenerator<T, void>,
): AsyncGenerator<T, void> {
  const { clock, apiKey } = options;
  signal.throwIfAborted();
  const patience = new Patience(clock, options);
  try {
    yield* read(patience);
  } catch (error) {
    signal.throwIfAborted();
    patience.signal.throwIfAborted();
    const refusal = refusalOf(error);
    throw faultOf(error, {
      ...{ nowMs: clock.nowMs(), apiKey: apiKey(), begun: begun(), refusal },
    });
  } finally {
    patience.over();
  }
}
