import type { Engine } from "@millrace/engine";
import type { ExternalScaler } from "@millrace/proto/external-scaler";
import type { Handler } from "@millrace/runtime";
import { jobsFor } from "../../scaling/jobs-for.ts";
import { scalingTarget } from "../../scaling/scaling-target.ts";

export const isActive =
  (
    engine: Pick<Engine, "demand" | "queues" | "recentQueue">,
  ): Handler<(typeof ExternalScaler)["method"]["isActive"], undefined> =>
  async ({ scalerMetadata }) => ({
    result: (await jobsFor(engine, scalingTarget(scalerMetadata))) > 0,
  });
