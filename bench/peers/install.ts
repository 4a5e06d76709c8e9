/**
 * Installs the peers in the folders of their programs, apart from the workspace, because nothing of Millrace
 * depends on them. `node bench/peers/install.ts`. It reports what cannot be installed, and the runs leave that
 * out.
 */
import { execFileSync } from "node:child_process";
import { join } from "node:path";

const programs = join(import.meta.dirname, "programs");

const steps: readonly { what: string; folder: string; commands: readonly string[][] }[] = [
  {
    what: "BullMQ, bee-queue, pg-boss and graphile-worker",
    folder: "node",
    commands: [["npm", "install", "--no-package-lock", "--no-audit", "--no-fund"]],
  },
  {
    what: "Celery",
    folder: "python",
    commands: [
      ["python3", "-m", "venv", ".venv"],
      [".venv/bin/pip", "install", "--quiet", "-r", "requirements.txt"],
    ],
  },
  {
    // Any version from 6.3 on works. A gem takes precedence over the system's.
    what: "Sidekiq (where no gem can be had: apt-get install ruby-sidekiq)",
    folder: "ruby",
    commands: [
      [
        "gem",
        "install",
        "sidekiq",
        "--version",
        "~> 7.3",
        "--install-dir",
        "gems",
        "--no-document",
      ],
    ],
  },
  {
    what: "asynq and River",
    folder: "go",
    commands: [["go", "build", "-o", "bin/", "./asynq", "./river"]],
  },
  {
    what: "Temporal and its server (some minutes)",
    folder: "temporal",
    // "tool" means the tools that its go.mod names: the server, and the program that creates its tables.
    commands: [["go", "build", "-o", "bin/", ".", "tool"]],
  },
];

for (const { what, folder, commands } of steps) {
  console.log(`\n${what}`);
  try {
    for (const [program = "", ...args] of commands) {
      execFileSync(program, args, { cwd: join(programs, folder), stdio: "inherit" });
    }
  } catch (error) {
    console.log(`not installed: ${(error as Error).message}`);
  }
}
