/** What an attempt has spent in addition. */
export interface UsageDelta {
  readonly inputTokens?: number;
  readonly outputTokens?: number;
  readonly providerCalls?: number;
  /** CPU time in milliseconds. In the order between keys, a second costs as much as 1,000 tokens. */
  readonly computeMs?: number;
  /** The part of inputTokens that the provider had in its cache. */
  readonly cachedInputTokens?: number;
  /** The part of outputTokens that the model spent on thought. */
  readonly reasoningTokens?: number;
  /** The model that was called. Tokens of the attempt count under the one that is reported last. */
  readonly model?: string;
}
