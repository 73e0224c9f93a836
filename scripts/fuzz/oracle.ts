// What must hold of every answer, whatever was asked.

import { isProblemCode, PROBLEMS } from "../../src/wire/problem.ts";
import type { Answer } from "./exchange.ts";

/** How much of an answer is the server's own. */
export interface Asked {
  /** The path alone, where there is one. */
  readonly path: string;
  /** The runtime may refuse it before the application sees it: without a problem document, or by closing. */
  readonly isBroken: boolean;
}

/** What is wrong with an answer; nothing: all is well. */
export function faultsOfAnswer(answer: Answer, asked: Asked): string[] {
  const { status, headers, body } = answer;
  if (!KNOWN_STATUSES.has(status) && !(asked.isBroken && status === 505)) {
    return [`the status ${status} is none of the API's`];
  }
  if (status >= 400) return faultsOfProblem(answer, asked);
  const faults: string[] = [];
  if ((status === 200 || status === 206) && STORED_PATH.test(asked.path)) {
    if (headers.get("x-content-type-options") !== "nosniff") faults.push("it may be sniffed");
    if (headers.get("content-security-policy") !== "sandbox") faults.push("it has no sandbox");
  }
  const isJson = headers.get("content-type")?.startsWith("application/json") === true;
  if (isJson && answer.isWhole && body.length > 0 && !STORED_PATH.test(asked.path)) {
    if (parsed(body.toString()) === undefined) faults.push("its JSON is broken");
  }
  return faults;
}

/** The status codes that the API gives, and those of a body or a socket. */
const KNOWN_STATUSES = new Set([
  ...[101, 200, 202, 204, 206, 304],
  ...Object.values(PROBLEMS).map(([status]) => status).filter((status) => status !== 500),
]);

/** What an owner stored, which must not act as a page of the server. */
const STORED_PATH = /^\/promises\/[0-9a-fA-F-]{36}\/(?:result|input|events)$/;

/** Nothing that a problem says may tell how the server is made or where it lies. */
const LEAK = /node_modules|\n\s+at |\.ts:\d|file:\/\/|\/(?:tmp|home|usr|var|src)\//;

function faultsOfProblem({ status, headers, body, isWhole }: Answer, asked: Asked): string[] {
  const type = headers.get("content-type") ?? "";
  const text = body.toString();
  if (LEAK.test(text)) return ["the problem tells of the server's insides"];
  if (type !== "application/problem+json") {
    return asked.isBroken && text === "" ? [] : [`a ${status} without a problem, but "${type}"`];
  }
  if (!isWhole) return ["the problem is cut off"];
  if (text === "") return []; // The answer to HEAD.
  const problem = parsed(text) as Record<string, unknown> | undefined;
  if (problem === undefined) return ["the problem is no JSON"];
  const code = String(problem["type"]).replace(/^.*\/problems\//, "");
  const faults: string[] = [];
  if (!isProblemCode(code)) faults.push(`the problem's type is "${problem["type"]}"`);
  else if (PROBLEMS[code][0] !== status) faults.push(`a ${status} says "${code}"`);
  if (problem["status"] !== status) faults.push(`a ${status} says it is ${problem["status"]}`);
  for (const member of ["title", "detail", "instance"]) {
    if (typeof problem[member] !== "string") faults.push(`the problem has no ${member}`);
  }
  return faults;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The caller says what should have been JSON.
    return undefined;
  }
}
