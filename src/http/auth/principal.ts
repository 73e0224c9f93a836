// Who calls, and what for: roles, and the rule of each.

import { ANONYMOUS, type Priority } from "../../core/terms.ts";
import type { Refusal } from "../../core/problem.ts";
import type { Role } from "../../wire/tokens-file.ts";

export type { Role };

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

/** The roles that somebody has who was given these: an administrator is a client and a viewer, too. */
export function rolesOf(given: readonly Role[]): ReadonlySet<Role> {
  return new Set<Role>(given.includes("admin") ? [...given, "client", "viewer"] : given);
}
