// Workers inside the server's own process: the same handlers and the same messages, over a pair of ports in memory.

import { type Port, portPair } from "../base/port.ts";
import { serveJobs, type WorkerHandle, type WorkerOptions } from "./serve-jobs.ts";

/** Starts a worker in this process; `accept` is given the server's end of each connection that it makes. */
export function serveLocalJobs(
  accept: (port: Port) => void,
  options: WorkerOptions,
): WorkerHandle {
  return serveJobs({
    ...options,
    url: "ws://local.invalid",
    connect(_url, protocols) {
      const [worker, server] = portPair(protocols[0]!);
      accept(server);
      return worker;
    },
  });
}
