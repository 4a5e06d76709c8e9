import type { Engine, Settlement } from "@millrace/engine";
import { WEBHOOK_QUEUE } from "@millrace/shared";
import { endpointAccounts } from "./endpoint-circuits.ts";
import { type NoteEndsParts, noteEnds } from "./note-ends.ts";
import { type PrepareParts, prepareDeliveries } from "./prepare-deliveries.ts";

export interface WebhookEngineParts
  extends Omit<PrepareParts, "engine">,
    Omit<NoteEndsParts, "engine"> {
  /** Called if the end of a request could not be noted at its endpoint. */
  readonly onError: (error: unknown) => void;
}

const isDelivery = ({ jobId }: Settlement): boolean => jobId.startsWith(`${WEBHOOK_QUEUE}~`);

/**
 * Wraps the engine, so that leased deliveries are signed requests, and endpoints know how their requests ended. Couriers
 * serve every pool, because a pool is an endpoint.
 */
export function webhookEngine(engine: Engine, parts: WebhookEngineParts): Engine {
  return {
    ...engine,
    providerAccounts: endpointAccounts(engine.providerAccounts),
    async lease(request) {
      if (request.queue !== WEBHOOK_QUEUE) return engine.lease(request);
      const { pools: _, ...anyPool } = request;
      const result = await engine.lease(anyPool);
      if (result.leases.length === 0) return result;
      try {
        return { ...result, leases: await prepareDeliveries({ ...parts, engine }, result.leases) };
      } catch (error) {
        // Nobody runs these leases, and each would count as a lost worker when it expires.
        const back = result.leases.map(({ jobId, token }) => ({ jobId, token }));
        await engine
          .settle(back.map((ref) => ({ ...ref, kind: "release" })))
          .catch(() => undefined);
        throw error;
      }
    },
    async settle(settlements) {
      const outcomes = await engine.settle(settlements);
      const ended = settlements.filter((settlement, index) => {
        const outcome = outcomes[index];
        return isDelivery(settlement) && outcome?.kind === "settled" && !outcome.repeated;
      });
      if (ended.length > 0) void noteEnds({ ...parts, engine }, ended).catch(parts.onError);
      return outcomes;
    },
  };
}
