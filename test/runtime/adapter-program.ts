// The program that adapter.test.ts starts under each runtime: a listener whose routes use every part of the
// adapter. It tells what happens, a line each, on stdout; the first line is the port.

import type { Port } from "../../src/base/port.ts";
import { runtime } from "../../src/runtime/detect.ts";
import type { Child, Connection } from "../../src/runtime/runtime.ts";

const FRAME_BYTES_MAX = 100_000;

function tell(line: string): void {
  void runtime.writeStdout(line + "\n");
}

const options = {
  host: "127.0.0.1",
  port: 0,
  frameBytesMax: FRAME_BYTES_MAX,
  bodyBytesMax: 1000,
  onFault: (error: unknown) => tell(`fault ${(error as Error).message}`),
};

if (runtime.args[0] === "child") {
  await runtime.writeStdout(`child ${runtime.args[1]} ${runtime.env("COLOUR")}\n`);
  runtime.exit(7);
}
const listener = await runtime.listen(options, answer);
runtime.onSignal("SIGTERM", () => {
  tell("SIGTERM");
  void listener.stop(0).then(() => runtime.exit(0));
});
// A request would come too late to release an answer while the listener stops.
const released = Promise.withResolvers<void>();
runtime.onSignal("SIGHUP", () => released.resolve());
let server: Child | null = null;
tell(`port ${listener.port}`);

function answer(request: Request, connection: Connection): Response | Promise<Response> {
  const url = new URL(request.url);
  switch (url.pathname) {
    case "/hello":
      return new Response(`${runtime.name} ${connection.address}`);
    case "/throw":
      throw new Error("thrown by the handler");
    case "/held":
      connection.keepOpen();
      tell("held");
      return released.promise.then(() => new Response("released"));
    case "/stream":
      connection.keepOpen();
      return stream();
    case "/stop":
      void listener.stop(Number(url.searchParams.get("grace"))).then(() => tell("stopped"));
      return new Response();
    case "/listen":
      return runtime.listen({ ...options, port: listener.port }, answer)
        .then(() => new Response("listens"), (error) => new Response(error.message));
    case "/child":
      return exitCode(runtime.spawnSelf(["child", "one"], { COLOUR: "red" }));
    case "/server":
      server = runtime.spawnSelf([]);
      return new Response();
    case "/end":
      server!.kill(url.searchParams.get("signal") as "SIGTERM" | "SIGKILL");
      return exitCode(server!);
    case "/sha256":
      return Response.json([runtime.sha256("ü"), runtime.sha256(new TextEncoder().encode("ü"))]);
    case "/socket":
      try {
        return connection.upgrade("hearty.v1.json", serve);
      } catch (error) {
        return new Response((error as Error).message, { status: 400 });
      }
    default:
      return new Response(null, { status: 404 });
  }
}

async function exitCode(child: Child): Promise<Response> {
  return Response.json(await child.exited);
}

function stream(): Response {
  return new Response(
    new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode("first"));
      },
      cancel() {
        tell("stream cancelled");
      },
    }),
  );
}

function serve(port: Port): void {
  let isInside = false;
  const inside = (act: () => void) => {
    isInside = true;
    act();
    isInside = false;
  };
  port.events = {
    message(frame) {
      if (frame === "throw") throw new Error("thrown by a callback");
      else if (frame === "close") {
        inside(() => {
          port.close(4000, "r".repeat(200));
          port.send("after the close");
          port.close(4001, "again");
        });
      } else if (frame === "fill") {
        while (port.buffered < 1024 * 1024) port.send(new Uint8Array(FRAME_BYTES_MAX));
        tell("filled");
      } else if (frame === "flood") {
        inside(() => {
          for (let i = 0; i < 2000; i++) port.send(new Uint8Array(FRAME_BYTES_MAX));
        });
      } else port.send(typeof frame === "string" ? `${port.protocol} ${frame}` : frame);
    },
    close: (code, reason) =>
      tell(`closed ${code} ${reason.length} ${isInside ? "inside" : "after"}`),
    drain: () => tell(`drained ${port.buffered < 1024 * 1024}`),
  };
}
