/** The rows of models and routes. */
import type { Row } from "./ledger.ts";

const E2E = "test/e2e/models.test.ts";

/** The parts of a constraint that the route of an account which nobody serves does not have. */
const LIMITS = ["limit", "used", "needed", "clear_time"].map(
  (name) => `routes.constraints.${name}`,
);
const inside = (prefix: string, paths: readonly string[]) => paths.map((path) => prefix + path);

export const modelRows: readonly Row[] = [
  {
    ways: ["CancelJob response", "AdminService.CancelJob response", "Cancel response"],
    paths: ["job.model", "job.route"],
    why: "the same message as GetJob's; the jobs of this way name a pool",
  },
  {
    ways: ["HTTP DELETE /v1/jobs/{id}", "client cancel", "millrace cancel"],
    paths: ["model", "route"],
    why: "the same message as GetJob's; the jobs of this way name a pool",
  },
  {
    ways: ["ListDeadLetters response"],
    paths: ["dead_letters.job.model", "dead_letters.job.route"],
    why: "the same message as GetJob's; the jobs of this way name a pool",
  },
  {
    ways: ["GetDeadLetter response"],
    paths: ["dead_letter.job.model", "dead_letter.job.route"],
    why: "the same message as GetJob's; the jobs of this way name a pool",
  },
  {
    ways: ["millrace dead-letters list", "millrace dead-letters show"],
    paths: ["job.model", "job.route"],
    why: "the same message as GetJob's; the jobs of this way name a pool",
  },
  {
    ways: [
      "ExplainJob response",
      "HTTP GET /v1/jobs/{id}/explain",
      "client explain",
      "millrace explain",
    ],
    paths: LIMITS,
    why: "the same message as the constraints of the job, which this way proves",
  },
  {
    ways: ["AdminService.ExplainJob response", "Explain response"],
    paths: inside("explanation.", LIMITS),
    why: "the same message as the constraints of the job, which this way proves",
  },
  {
    ways: [
      "ExplainJob response",
      "HTTP GET /v1/jobs/{id}/explain",
      "client explain",
      "millrace explain",
    ],
    paths: ["routes.failed"],
    why: "the named test has a job that fails on an account",
    provedIn: E2E,
  },
  {
    ways: ["AdminService.ExplainJob response", "Explain response"],
    paths: ["explanation.routes.failed"],
    why: "the named test has a job that fails on an account",
    provedIn: E2E,
  },
  {
    ways: ["FanOut request"],
    paths: ["children.model"],
    why: "the named test has children with models, and with that of their job",
    provedIn: "services/scheduler/src/submitting/fan-out-children.test.ts",
  },
  {
    ways: ["Work response"],
    paths: ["assignments.assignments.account", "assignments.assignments.provider_model"],
    why: "the named test takes assignments of a job's routes",
    provedIn: E2E,
  },
  {
    ways: ["millrace models put"],
    paths: ["routes.price"],
    why: "the command has flags for the price of the model alone; a configuration file has those of routes",
  },
];
