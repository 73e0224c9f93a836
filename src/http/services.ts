// What the routes are given: the parts of the server, and what they may know of its settings.

import type { Clock } from "../base/clock.ts";
import type { Limits } from "../core/limits.ts";
import type { Dispatch } from "../dispatch/dispatch.ts";
import type { Engine } from "../engine/engine.ts";
import type { View } from "../engine/view.ts";
import type { Refusal } from "../core/problem.ts";
import type { Identity } from "../intake/key.ts";
import type { Posting } from "../intake/posting.ts";
import type { KindView } from "../intake/schema.ts";
import type { Source } from "../stream/source.ts";
import type { Connection } from "./connection.ts";
import type { Streams } from "./streams.ts";
import type { Logins } from "./auth/login.ts";
import type { Authenticator } from "./auth/principal.ts";
import type { Readers } from "./auth/visibility.ts";

/** How the server is reached and whom it serves. */
export interface HttpSettings {
  /** Below which path it is: empty, or with a leading and no trailing slash. */
  readonly basePath: string;
  /** The URL that browsers use, without a trailing slash; null: only the addresses it listens on. */
  readonly publicUrl: string | null;
  /** Origins of pages elsewhere that may use it. */
  readonly corsOrigins: readonly string[];
  /** Without authentication: hosts other than loopback are served, too. */
  readonly isInsecure: boolean;
}

/** Everything that a route may use. */
export interface Services {
  readonly clock: Clock;
  readonly engine: Engine;
  readonly view: View;
  readonly source: Source;
  readonly dispatch: Dispatch;
  readonly limits: Limits;
  readonly settings: HttpSettings;
  /** Knows tokens and logins. */
  readonly authenticator: Authenticator;
  readonly logins: Logins;
  /** Who may read which promise. */
  readonly readers: Readers;
  /** SHA-256 in lower-case hexadecimal. */
  readonly sha256: (data: Uint8Array | string) => string;
  /** Finds which job a posting is. */
  readonly identify: (
    posting: Posting,
    kind: KindView,
  ) => Identity | Refusal | Promise<Identity | Refusal>;
  /** A text that nobody can guess, for the boundaries of multipart bodies. */
  readonly unguessable: () => string;
  /** Aborts when the server stops: streams end after a whole record. */
  readonly stopping: AbortSignal;
  /** Whether the server is about to stop, and takes no posts. */
  isDraining(): boolean;
  /** Open streams. */
  readonly streams: Streams;
  readonly onFault: (error: unknown) => void;
  readonly version: string;
}

/** What a request has when it comes to its route. */
export interface Env {
  readonly Bindings: { readonly connection: Connection | null; readonly url: URL };
}
