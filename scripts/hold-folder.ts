import { once } from "node:events";
import { chmod, mkdir, rm } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { join, relative } from "node:path";
import { text } from "node:stream/consumers";

/**
 * Holds a folder for this process until it is disposed or the process ends. A socket is used instead of a file
 * with a process id: another process may have that id later, but no other process can answer on the socket.
 */
export async function holdFolder(folder: string): Promise<AsyncDisposable> {
  // The folder holds documents, jobs and a key, so only its owner may read it, even if an earlier start created
  // it.
  await mkdir(folder, { recursive: true });
  await chmod(folder, 0o700);
  // Paths of sockets must be short: 104 bytes on some systems.
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
        `Millrace already runs in ${folder} (process ${pid}). Stop it with Ctrl-C there or \`kill ${pid}\`, ` +
          "or set MILLRACE_LOCAL_DIR to another folder for this one.",
      );
    }
    // A process that was killed left the socket behind.
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
