// The life of a process that serves until it is told to stop.

import { type Context, EXIT, traceOf } from "./command.ts";

/** What runs, and can be stopped. */
export interface Running {
  /** Resolves if it ends by itself; rejects if it cannot go on. */
  readonly ended: Promise<void>;
  /** Ends it in an orderly way. */
  stop(): Promise<void>;
}

/**
 * Starts something, keeps it until SIGTERM or SIGINT, and stops it in an orderly way. A signal that comes before it
 * has started stops it as soon as it has; a second one ends the process at once. A fault that nobody caught
 * stops it as well, since its state may be wrong.
 */
export async function untilStopped(
  { runtime, out }: Context,
  start: () => Promise<Running>,
): Promise<number> {
  const told = Promise.withResolvers<number>();
  let isTold = false;
  const tell = (code: number) => {
    if (isTold) runtime.exit(EXIT.failed);
    isTold = true;
    told.resolve(code);
  };
  runtime.onSignal("SIGTERM", () => tell(EXIT.done));
  runtime.onSignal("SIGINT", () => tell(EXIT.done));
  runtime.onFault((error) => {
    out.fail(`Stopping after a fault: ${traceOf(error)}`);
    tell(EXIT.failed);
  });
  const running = await start();
  const code = await Promise.race([told.promise, running.ended.then(() => null)]);
  if (code === null) return EXIT.done;
  await running.stop();
  return code;
}
