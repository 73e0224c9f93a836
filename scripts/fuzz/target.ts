// The server under attack, and asking it one thing.

import { type Address, exchange, type Sending } from "./exchange.ts";
import { faultsOfAnswer } from "./oracle.ts";
import { type Request, requestBytes, shown } from "./request.ts";
import type { Answer, Silence } from "./exchange.ts";
import type { Chance } from "./chance.ts";

/** What an attack may use. */
export interface Target {
  readonly address: Address;
  readonly url: string;
  /** The header with the token; none where the server asks for none. */
  readonly credentials: readonly (readonly [string, string])[];
  /** Promises of every sort, for readers. */
  readonly promises: readonly string[];
  /** Told of what is wrong. */
  readonly report: (violation: string) => void;
}

/** One way to attack. */
export type Attack = (target: Target, chance: Chance) => Promise<void>;

/** How a request is asked. */
export interface Asking extends Omit<Sending, "bytes"> {
  /** The runtime may refuse it before the application sees it. */
  readonly isBroken?: boolean;
  /** The only right status codes; default: all of the API. */
  readonly statuses?: readonly number[];
}

/** Asks a well-formed request, with credentials, and reports what is wrong with the answer. */
export function ask(
  target: Target,
  request: Request,
  asking: Asking = {},
): Promise<Answer | Silence> {
  const headers = [...target.credentials, ...request.headers ?? []];
  const path = request.target.split("?")[0]!;
  return send(target, requestBytes({ ...request, headers }), { ...asking, path });
}

/** Sends any bytes, and reports what is wrong with the answer. */
export async function send(
  target: Target,
  bytes: Uint8Array,
  { isBroken = false, statuses, path = "", ...sending }: Asking & { readonly path?: string },
): Promise<Answer | Silence> {
  const answer = await exchange(target.address, { ...sending, bytes });
  const tell = (fault: string) => target.report(`${fault}; sent was ${shown(bytes)}`);
  if (typeof answer === "string") {
    if (!isBroken && sending.leaveAfter === undefined) tell(`no answer, but "${answer}"`);
    return answer;
  }
  for (const fault of faultsOfAnswer(answer, { path, isBroken })) tell(fault);
  if (statuses !== undefined && !statuses.includes(answer.status)) {
    tell(`a ${answer.status} where ${statuses.join(" or ")} was wanted`);
  }
  return answer;
}

/** The JSON of an answer; undefined if there is none. */
export function jsonOf(answer: Answer | Silence): Record<string, unknown> | undefined {
  if (typeof answer === "string" || answer.status >= 300) return undefined;
  const value: unknown = JSON.parse(answer.body.toString());
  return typeof value === "object" && value !== null ? value as Record<string, unknown> : undefined;
}
