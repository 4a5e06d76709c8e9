import type { MessageInitShape } from "@bufbuild/protobuf";
import type { Explanation } from "@millrace/engine";
import { ConstraintKind as Kind, type RouteExplanationSchema } from "@millrace/proto/job-service";
import type { Serving } from "../policy/who-serves.ts";
import { constraintMessage, type Shown, shownOf } from "./constraint-message.ts";

/** One route of a job's model, and what holds it. */
export interface HeldRoute {
  readonly account: string;
  readonly model: string;
  readonly failed: boolean;
  /** The last one to clear first. Empty if the next worker that serves the account may take the job. */
  readonly shown: readonly Shown[];
}

/** The routes of a job's model. `serving` says who serves each, in their order; a route that it lacks counts as served. */
export const heldRoutes = (
  { routes = [], state }: Pick<Explanation, "routes" | "state">,
  serving: readonly Serving[],
): readonly HeldRoute[] =>
  state !== "QUEUED" && state !== "SCHEDULED"
    ? []
    : routes.map(({ account, model, failed, constraints }, index) => {
        const held = constraints.map(shownOf);
        const unserved = serving[index]?.kind === "nobody";
        return { account, model, failed, shown: unserved ? [noWorker(account), ...held] : held };
      });

export const isOpen = ({ shown }: HeldRoute): boolean => shown.length === 0;

const noWorker = (account: string): Shown => ({
  kind: Kind.NO_WORKER,
  constraint: { subject: account },
  message: `no connected worker serves account ${account} together with the job's queue and type: start a worker that does`,
});

/** When the first of the routes clears by itself. Undefined if none does. */
export function routesClearMs(routes: readonly HeldRoute[]): number | undefined {
  const clears = routes.map(({ shown }) =>
    Math.max(...shown.map(({ constraint }) => constraint.clearMs ?? Number.POSITIVE_INFINITY)),
  );
  const first = Math.min(...clears);
  return Number.isFinite(first) ? first : undefined;
}

export const routeMessage = ({
  account,
  model,
  failed,
  shown,
}: HeldRoute): MessageInitShape<typeof RouteExplanationSchema> => ({
  ...{ account, model, failed },
  constraints: shown.map(constraintMessage),
});
