import type { DescMethodUnary, MessageInitShape, MessageShape } from "@bufbuild/protobuf";
import type { SchedulerService } from "@millrace/proto/scheduler-service";
import type { WebhookService } from "@millrace/proto/webhook-service";
import { type Handler, rpcError } from "@millrace/runtime";
import { isKeyId, type KeyId } from "@millrace/shared";

/** What a gateway adds to some calls, so that they may be repeated. */
interface MadeByGateway {
  /** The id of the delivery that the call makes; "": this scheduler makes it. */
  readonly deliveryId?: string;
}

type Calls = (typeof WebhookService)["method"];
type Answers<Name extends keyof Calls> =
  Calls[Name] extends DescMethodUnary<infer I, infer O>
    ? (request: MessageShape<I>, keyId: KeyId, made: MadeByGateway) => Promise<MessageInitShape<O>>
    : never;

/** Unwraps a gateway's call, and wraps the answer: gateways send the API key with each request of WebhookService. */
export const webhookHandler = <Name extends keyof Calls>(
  answer: Answers<Name>,
): Handler<(typeof SchedulerService)["method"][Name], undefined> =>
  (async (call: MadeByGateway & { readonly keyId: string; readonly request?: never }) => {
    const { keyId, request } = call;
    if (!isKeyId(keyId) || request === undefined) {
      throw rpcError({ reason: "MALFORMED", message: "key_id and request must be set" });
    }
    return { response: await answer(request, keyId, call) };
  }) as never;
