/**
 * The client of a Hearty server: posts jobs, waits for results, follows streams over broken connections. Web
 * standards only: it runs in browsers, Bun, Deno and Node.
 *
 * @module
 */

export { createClient } from "./client.ts";
export type { CancelOptions, HeartyClient, Posted, PostOptions, SendOptions } from "./client.ts";
export type { EndValue, Progress, PromiseEvent } from "./events.ts";
export type { FollowOptions } from "./follow.ts";
export type { Persistence } from "./patience.ts";
export { AnswerError, UnreachableError } from "./transport.ts";
export type { ClientOptions } from "./transport.ts";
export { HeartyError } from "../wire/problem.ts";
export type { PromiseDocument } from "../wire/document.ts";
export type { ErrorDocument } from "../wire/error-document.ts";
export type { EndRecord, ItemRecord } from "../wire/records.ts";
