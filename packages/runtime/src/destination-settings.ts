import { type AllowedDestination, parseAllowedDestinations } from "@millrace/destinations";
import { z } from "zod";
import { setting } from "./load-config.ts";

const destinations = z
  .string()
  .default("")
  .transform((text, context): readonly AllowedDestination[] => {
    const { allowed, problems } = parseAllowedDestinations(text);
    for (const message of problems) context.addIssue({ code: "custom", message });
    return allowed;
  });

/** The setting of all services that check the URLs of webhooks. They must have the same value. */
export const destinationSettings = {
  allowedDestinations: setting(
    "MILLRACE_WEBHOOK_ALLOWED_DESTINATIONS",
    destinations,
    "Where webhooks may be sent besides public addresses by https: host patterns, addresses and networks, separated by commas; http:// before one allows plain HTTP, too.",
  ),
};
