import type { DescMethodUnary, MessageInitShape, MessageShape } from "@bufbuild/protobuf";
import type { WebhookService } from "@millrace/proto/webhook-service";
import type { Handler } from "@millrace/runtime";
import type { KeyId } from "@millrace/shared";
import type { Caller } from "../../callers/caller.ts";
import type { GatewayParts } from "../../gateway-parts.ts";

type Calls = (typeof WebhookService)["method"];
type Input<Name extends keyof Calls> =
  Calls[Name] extends DescMethodUnary<infer I, infer _> ? MessageShape<I> : never;
type Output<Name extends keyof Calls> =
  Calls[Name] extends DescMethodUnary<infer _, infer O> ? MessageInitShape<O> : never;

type Call<Name extends keyof Calls> = (
  call: { readonly keyId: string; readonly request: Input<Name> },
  options: { readonly signal: AbortSignal },
) => Promise<{ readonly response?: Output<Name> }>;

/** Passes a call about webhooks on to a scheduler, with the caller's key. `fill` adds what the gateway decides. */
export const passedOn = <Name extends keyof Calls>(
  { scheduler }: Pick<GatewayParts, "scheduler">,
  name: Name,
  fill: (request: Input<Name>, keyId: KeyId) => object = () => ({}),
): Handler<Calls[Name], Caller> =>
  (async (
    request: Input<Name>,
    { identity, signal }: Parameters<Handler<Calls[Name], Caller>>[1],
  ) => {
    const call = scheduler[name] as unknown as Call<Name>;
    const filled = { keyId: identity.keyId, request, ...fill(request, identity.keyId) };
    const { response } = await call(filled, { signal });
    return response ?? {};
  }) as never;
