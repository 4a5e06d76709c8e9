import { once } from "node:events";
import { chmod, mkdir, rm } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { join, relative } from "node:path";
import { text } from "node:stream/consumers";

/**
 * Holds a folder for this process until it is disposed of, or the process is gone. A socket and not
 * a file with a process id: another process may have that id by now, but nobody answers for us.
 */
export async function holdFolder(folder: string): Promise<AsyncDisposable> {
  // Documents, jobs and a key are in it: none but its owner may look, in a folder of an earlier start neither.
  await mkdir(folder, { recursive: true });
  await chmod(folder, 0o700);
  // Sockets' paths are short: 104 bytes on some systems.
  const path = relative("", join(folder, "running.socket"));
  for (;;) {
    const server = createServer((socket) =>
      socket.on("error", () => undefined).end(`${process.pid}`),
    );
    try {
      server.listen(path);
      await once(server, "listening");
      server.unref();
      return {
        async [Symbol.asyncDispose]() {
          server.close();
          await once(server, "close");
        },
      };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
    }
    const pid = await holderOf(path);
    if (pid !== undefined) {
      throw new Error(
        `Millrace runs already in ${folder} (process ${pid}). Stop it with Ctrl-C there or \`kill ${pid}\`, ` +
          "or give this one a folder of its own with MILLRACE_LOCAL_DIR.",
      );
    }
    // Left behind by a process that was killed.
    await rm(path, { force: true });
  }
}

async function holderOf(path: string): Promise<string | undefined> {
  try {
    return await text(connect(path));
  } catch {
    return undefined;
  }
}
