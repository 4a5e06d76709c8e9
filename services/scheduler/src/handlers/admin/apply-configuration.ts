import { repeatsIn } from "@millrace/configuration";
import { rpcError } from "@millrace/runtime";
import type { ApplyConfiguration } from "../../configuration/apply-configuration.ts";
import type { AdminHandler } from "../../operators/admin-handler.ts";

/** Applies a configuration from a request, for operators who cannot change the scheduler's file. */
export const applyConfiguration =
  (apply: ApplyConfiguration): AdminHandler<"applyConfiguration"> =>
  async ({ configuration, dryRun }, { identity }) => {
    if (configuration === undefined)
      throw new Error("validation accepted a request without a configuration");
    const repeats = repeatsIn(configuration);
    const applied =
      repeats.length > 0
        ? { kind: "refused" as const, violations: repeats }
        : await apply(configuration, identity, { dryRun });
    if (applied.kind === "applied") {
      return { changes: [...applied.changes], notes: [...applied.notes] };
    }
    const violations = applied.violations.map(({ field, description }) => ({
      field: `configuration.${field}`,
      description,
    }));
    const message = violations.map(({ field, description }) => `${field}: ${description}`);
    throw rpcError({ reason: "MALFORMED", message: message.slice(0, 3).join("; "), violations });
  };
