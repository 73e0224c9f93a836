// What each problem means and what to do about it: the pages below `/problems/`, and the manual's
// chapter on errors.

import type { ProblemCode } from "../core/problem.ts";
import { PROBLEMS } from "./problem.ts";

/** Each problem in two to four sentences: what happened, and what to do. */
export const EXPLANATIONS: Readonly<Record<ProblemCode, string>> = {
  "invalid-parameter":
    "A query parameter, header, id or cursor of the request is unknown, repeated, or is not " +
    "spelled as it must be; the member `parameter` names it. Nothing in a request is ignored, " +
    "so that a mistyped option cannot pass unnoticed. Correct it and send the request again: " +
    "`/openapi.json` lists what each call understands.",
  "malformed-request":
    "The request cannot be read: its target, its header or the framing of its body breaks the " +
    "rules of HTTP, or the body ended early. Nothing was stored. Send it again in full; if it " +
    "was sent by a library, the member `detail` says what it did wrong.",
  "unauthorised":
    "The server asks for credentials, and the request had none, or some that are unknown or " +
    "have expired. Send `Authorization: Bearer TOKEN` with a valid token, or log in again in " +
    "the browser. A token with an expiry must be renewed by whoever issued it.",
  "forbidden":
    "The server knows who is calling, and that caller's roles do not allow this call. Trying " +
    "again does not help. Ask an administrator of the server for the role that the member " +
    "`detail` names.",
  "priority-not-allowed":
    "The job asks for a priority class that this owner may not use. Nothing was stored. Post " +
    "it again in a lower class, or ask an administrator to allow the class.",
  "foreign-origin":
    "A web page of another origin tried to change something here, which browsers let any page " +
    "do to a server that they can reach. If that page is yours, add its origin to the server's " +
    "list of allowed origins. Programs that are no browsers send no `Origin` and are not " +
    "concerned.",
  "foreign-host":
    "Without authentication the server answers only to the names of this machine and to its " +
    "public URL, since a foreign name in `Host` can be a web page's trick to reach it. Call it " +
    "by `localhost` or `127.0.0.1`, or start it with `--public-url`. With authentication on, " +
    "any name is accepted.",
  "not-found":
    "There is nothing at this address. A promise is unknown when its id never existed, when it " +
    "has expired, or when the caller may not see it. Post the job again to have its result " +
    "computed or found; for other paths see `/openapi.json`.",
  "no-interest":
    "The promise exists, but this caller has no interest in it: it was posted for another " +
    "owner or queue, or the interest was withdrawn before. So there is nothing to withdraw or " +
    "to move. Name the right `owner` and `queue`, or post the job to get an interest.",
  "unknown-kind":
    "No worker has ever offered this kind of job, and the server does not define it; most " +
    "often the name is mistyped or the worker has not been started. Nothing was stored. `GET " +
    "/kinds` lists the kinds that are known: start a worker for the kind, then post again.",
  "not-stored":
    "The post asked for a stored result only (`onlyStored=true`), and no promise has the key " +
    "of this job. Nothing was run. Post it without that option to have it computed.",
  "method-not-allowed":
    "This address exists, but not for this method. The header `Allow` of the answer lists the " +
    "methods that it takes.",
  "not-acceptable":
    "The result exists, but none of its forms is among those that the request's `Accept` " +
    "allows. A stored image, for example, cannot be given as `application/json`. Ask for `*/*` " +
    "to get it as it is stored, or for one of the forms that the member `detail` lists.",
  "request-timeout":
    "The body of the request stopped arriving, or came too slowly, and the server gave the " +
    "connection up. Nothing was stored. Send the request again over a better connection; it is " +
    "safe, since equal jobs share one promise.",
  "already-settled":
    "The call concerns a job that is still to run or is running, but this one has been " +
    "fulfilled or rejected already, and a promise is settled only once. Read its result; to " +
    "have it computed anew, retry it or post it with `maxAge=0`.",
  "not-settled":
    "The call concerns a promise that is fulfilled or rejected, and this one is still pending. " +
    "Wait until it is settled (`GET /promises/ID?wait=30s`), or kill the job first.",
  "not-rejected":
    "Only a rejected promise can be retried, and this one is pending or fulfilled. To compute " +
    "a fulfilled one anew, post the job with `maxAge=0`.",
  "selection-changed":
    "The number of jobs that match the filter is no longer the one that was expected: there " +
    "are more, or over a tenth fewer. Nothing was done, so that no job is changed which nobody " +
    "looked at. Look at the list again, then repeat the call with the new number in `expect`.",
  "precondition-failed":
    "The request was to apply only to the version named in `If-Match`, and somebody has " +
    "changed it since that was read. Nothing was changed. Read it again, decide again, and " +
    "send the new `ETag`.",
  "input-too-large":
    "The input of the job is larger than the server's `--max-input`; in a batch the member " +
    "`line` says which line is meant. Nothing was stored. Pass large data by reference (a URL, " +
    "a path, a key of your own store), or ask for a higher limit.",
  "body-too-large":
    "The body of this request is larger than this call takes. Nothing was stored. Send less in " +
    "one request.",
  "url-too-long":
    "The request's target is longer than the server takes. Put what is large into the body: an " +
    "input belongs there, and a list of ids can be sent in several requests.",
  "unsupported-media-type":
    "The body has a type or an encoding that this call cannot read. A kind with a schema takes " +
    "only inputs that can be checked (JSON or MessagePack), and no call takes compressed " +
    "bodies. Send the body in such a type, with the right `Content-Type` and without " +
    "`Content-Encoding`.",
  "range-not-satisfiable":
    "The request asked for bytes beyond the end of the result. The header `Content-Range` of " +
    "the answer tells its length. Ask for a range that begins before it.",
  "invalid-input":
    "The input of the job is no valid JSON or MessagePack, or does not fit the kind's schema; " +
    "the member `errors` lists each fault with its place. Nothing was stored. `GET /kinds` " +
    "shows the schema. Duplicate member names, numbers that overflow and lone surrogates are " +
    "refused too, because programs read them differently.",
  "invalid-body":
    "The body of the request is not what this call takes; the member `errors` lists each fault " +
    "with its place, and in a batch `line` counts from 1. Nothing was changed. `/openapi.json` " +
    "has the schema of the body. Unknown members are refused, so that a mistyped one cannot " +
    "pass unnoticed.",
  "job-failed":
    "A worker ran the job and said that it failed; the member `error` has its name and " +
    "message. If `error.retryable` is false the same input will fail again: correct the input, " +
    "or the worker. Otherwise all attempts are used up, and a new post starts afresh.",
  "job-cancelled":
    "The job was stopped before it had a result: everybody who wanted it withdrew, or an " +
    "administrator killed it; `error.message` tells which. Post it again if it is still " +
    "wanted: a cancelled promise is never reused.",
  "job-timed-out":
    "The attempt ran longer than the job's `timeout`, and was stopped. A timed-out job is not " +
    "tried again by itself. Post it with a longer `timeout`, or in smaller parts.",
  "job-lost":
    "The workers that ran the job vanished, and its attempts are used up or it took down too " +
    "many of them. Such a job often needs more memory than a worker has, or crashes it. Look " +
    "at the workers' logs at the times in the job's history, then post it again.",
  "upgrade-required":
    "This address is for workers, which open a WebSocket here; the request was no WebSocket " +
    "upgrade. Connect with a WebSocket client that offers `hearty.v1.json` or " +
    "`hearty.v1.msgpack`. Jobs are posted to `/jobs/KIND`.",
  "queue-full":
    "This owner has as many unfinished jobs as the server's limit allows. Nothing was stored; " +
    "results that are stored and jobs that are running can still be had. Wait as long as " +
    "`Retry-After` says, or withdraw jobs that are no longer wanted.",
  "rate-limited":
    "The rules of this server let this owner post only so many jobs in a time. Nothing was " +
    "stored. Wait as long as `Retry-After` says; a batch posts many jobs in one request.",
  "too-many-streams":
    "This client has as many streams open as the server allows. Close those that are not read " +
    "any more. One connection to `GET /events` can follow a hundred promises.",
  "header-too-large":
    "The header of the request has too many lines or bytes. Send fewer or shorter cookies and " +
    "headers.",
  "internal-error":
    "The server met a fault of its own. Whether the request had an effect is not known; " +
    "posting a job again is safe, since equal jobs share one promise. The server's log has the " +
    "details under the time of the answer: please report it to whoever runs the server.",
  "damaged":
    "What is stored of this promise failed its checksum or cannot be read, so that the server " +
    "gives nothing rather than something wrong. Other promises are not affected. Post the job " +
    "again to have it computed anew; whoever runs the server should run `hearty check` and " +
    "look at the disk.",
  "not-implemented":
    "The server does not know this method at all. It speaks GET, HEAD, POST, PATCH, DELETE and " +
    "OPTIONS.",
  "draining":
    "The server is about to stop, and accepts no new jobs; what runs is being finished. " +
    "Nothing was stored. Post again after `Retry-After`, here or at the server that takes over.",
  "standby":
    "This server is a standby, which follows a primary and writes nothing itself. Reads are " +
    "answered here; send changes to the primary, whose address is in the header `Location` if " +
    "it is known.",
  "no-standby":
    "The server is set to accept jobs only when a standby has stored them too, and no standby " +
    "confirms at the moment. The job may be stored here; posting it again is safe, since equal " +
    "jobs share one promise. Try again after `Retry-After`; whoever runs the servers should " +
    "look at the standby.",
  "no-primary":
    "None of the servers that were tried is a primary at the moment, most likely because one " +
    "is just taking over. Try again in a few seconds. Whoever runs the servers should look at " +
    "them if it lasts.",
  "storage-unavailable":
    "The store cannot write, because its disk is full or failing, so that nothing new can be " +
    "promised. Nothing was stored; what is stored can still be read. Try again after " +
    "`Retry-After`: the server goes on by itself as soon as there is room.",
};

/** The page of one problem: plain HTML, which needs neither style nor script to be read. */
export function problemPage(code: ProblemCode): string {
  const [status, title] = PROBLEMS[code];
  const explanation = EXPLANATIONS[code].replace(/[&<>]/g, (c) => `&#${c.charCodeAt(0)};`)
    .replace(/`([^`]+)`/g, "<code>$1</code>");
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} – Hearty</title>
</head>
<body>
<main>
<h1>${title}</h1>
<p>Problem <code>${code}</code>, status ${status}</p>
<p>${explanation}</p>
<p><a href="../docs">The API's description</a></p>
</main>
</body>
</html>
`;
}
