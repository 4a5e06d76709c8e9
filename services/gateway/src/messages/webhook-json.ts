import { create, type DescMessage, type MessageInitShape, toJson } from "@bufbuild/protobuf";
import { WebhookDeliverySchema } from "@millrace/proto/webhook-endpoint";
import { withMembers } from "./job-json.ts";

/** Writes a message in proto3 JSON, with the fields that hold their default. */
export const messageJson = <Desc extends DescMessage>(
  desc: Desc,
  message: MessageInitShape<Desc> | undefined,
): string => JSON.stringify(toJson(desc, create(desc, message), { alwaysEmitImplicit: true }));

/** Writes a delivery in proto3 JSON. The body of its request is embedded as JSON, and left out if it was not read. */
export function deliveryJson(
  delivery: MessageInitShape<typeof WebhookDeliverySchema> | undefined,
): string {
  const { bodyJson, ...rest } = toJson(
    WebhookDeliverySchema,
    create(WebhookDeliverySchema, delivery),
    { alwaysEmitImplicit: true },
  ) as { bodyJson: string };
  return withMembers(JSON.stringify(rest), { body: bodyJson });
}
