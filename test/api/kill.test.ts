// Stopping a job for everybody, and why it was stopped.

import type { ProblemDocument } from "../../src/wire/problem.ts";
import { assert, test } from "../harness/test.ts";
import { api } from "./api.ts";

test("a job that is killed is cancelled for all who want it, and says why", async () => {
  await using server = await api();
  const { id } = await server.job('{"shared":true}');
  await server.job('{"shared":true}', { query: "owner=bob" });
  const { lease } = server.run();
  const response = await server.send(`/jobs/${id}?reason=it%20eats%20the%20disk`, {
    method: "DELETE",
  });
  assert.equal(response.status, 202);
  const { state, error, owners } = await server.document(id);
  assert.deepEqual([state, error?.reason, error?.message, owners], [
    "rejected",
    "cancelled",
    "it eats the disk",
    2,
  ]);
  assert.equal(server.worker.take("cancel").lease, lease);
});

test("what is settled or unknown cannot be killed", async () => {
  await using server = await api();
  const id = await server.value("done");
  const kill = async (name: string) => {
    const response = await server.send(`/jobs/${name}`, { method: "DELETE" });
    const { type } = await response.json() as ProblemDocument;
    return [response.status, type.split("/").at(-1)];
  };
  assert.deepEqual(await kill(id), [409, "already-settled"]);
  assert.deepEqual(await kill("01935e4c-0000-7000-8000-000000000000"), [404, "not-found"]);
  assert.deepEqual(await kill("price"), [400, "invalid-parameter"]);
});

test("the last who withdraws says why the job was stopped", async () => {
  await using server = await api();
  const { id } = await server.job();
  const path = `/promises/${id}?reason=wrong%20curve`;
  assert.equal((await server.send(path, { method: "DELETE" })).status, 204);
  const { error } = await server.document(id);
  assert.equal(error?.message, "Nobody wants it any more: wrong curve");
});
