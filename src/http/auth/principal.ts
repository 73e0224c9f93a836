// Who calls, and what for: roles, and the rule of each.

import { ANONYMOUS, type Priority } from "../../core/terms.ts";
import type { Refusal } from "../../core/problem.ts";

/** What somebody may do. `client`: post, read, withdraw; `viewer`: read everything; `admin`: both and all operators' calls; `worker`: connect as a worker. */
export type Role = "client" | "viewer" | "admin" | "worker";

/** Who calls. */
export interface Principal {
  readonly owner: string;
  readonly roles: ReadonlySet<Role>;
  /** The highest class that this caller may use. */
  readonly priorityMax: Priority;
}

/** Finds out who calls. */
export interface Authenticator {
  /** How callers are known, as `GET /session` tells. */
  readonly mode: "none" | "tokens" | "jwt";
  /** Who sent this request; a refusal if the credentials are missing or not valid. */
  identify(request: Request): Principal | Refusal | Promise<Principal | Refusal>;
}

/** Everybody may do everything, as the anonymous owner or in any other's name: the mode of a server on loopback. */
export function openDoor(): Authenticator {
  const everybody: Principal = {
    owner: ANONYMOUS,
    roles: new Set<Role>(["client", "viewer", "admin", "worker"]),
    priorityMax: 9,
  };
  return { mode: "none", identify: () => everybody };
}
