// Drives the server with the official Node client, unmodified. It prints "ok" at
// the end; anything else is a failure.
//
//   node foreign.js esdb://127.0.0.1:2113?tls=false
"use strict";

const assert = require("node:assert/strict");
const {
  BACKWARDS,
  END,
  EventStoreDBClient,
  NO_STREAM,
  START,
  STREAM_EXISTS,
  StreamDeletedError,
  StreamNotFoundError,
  MaxAppendSizeExceededError,
  WrongExpectedVersionError,
  binaryEvent,
  eventTypeFilter,
  excludeSystemEvents,
  jsonEvent,
  streamNameFilter,
} = require("@eventstore/db-client");

const client = EventStoreDBClient.connectionString(process.argv[2]);

const made = (n) => jsonEvent({ type: "Made", data: { n }, metadata: { by: "node" } });

async function collect(events) {
  const all = [];
  for await (const { event } of events) all.push(event);
  return all;
}

// until reads a subscription until it has yielded n events.
async function until(subscription, n) {
  const all = [];
  for await (const { event } of subscription) {
    all.push(event);
    if (all.length === n) break;
  }
  return all;
}

async function appends() {
  const first = made(1);
  const written = await client.appendToStream("node-1", first, { expectedRevision: NO_STREAM });
  assert.equal(written.success, true);
  assert.equal(written.nextExpectedRevision, 0n);
  assert.equal(written.position.commit, written.position.prepare);

  await client.appendToStream("node-1", [made(2), made(3)]);
  await client.appendToStream("node-1", made(4), { expectedRevision: 2n });
  await client.appendToStream("node-1", binaryEvent({ type: "Bytes", data: Buffer.from([0, 255]) }), {
    expectedRevision: STREAM_EXISTS,
  });
  const again = await client.appendToStream("node-1", first, { expectedRevision: NO_STREAM });
  assert.equal(again.nextExpectedRevision, 0n, "a repeat writes nothing");
}

// With credentials of its own an append goes another way, by Append.
async function appendsAlone() {
  const written = await client.appendToStream("alone-1", [made(1), made(2)], {
    expectedRevision: NO_STREAM,
    credentials: { username: "admin", password: "changeit" },
  });
  assert.equal(written.nextExpectedRevision, 1n);
  await assert.rejects(
    client.appendToStream("alone-1", made(3), {
      expectedRevision: NO_STREAM,
      credentials: { username: "admin", password: "changeit" },
    }),
    (error) => error instanceof WrongExpectedVersionError && error.actualVersion === 1n,
  );
}

// Appends that nobody waited for stand in the order in which they were made.
async function appendsInOrder() {
  await Promise.all(Array.from({ length: 50 }, (_, n) => client.appendToStream("ordered-1", made(n))));
  const stood = await collect(client.readStream("ordered-1"));
  assert.deepEqual(stood.map((e) => e.data.n), Array.from({ length: 50 }, (_, n) => n));
}

async function conflicts() {
  await assert.rejects(client.appendToStream("node-1", made(9), { expectedRevision: NO_STREAM }), (error) => {
    assert.ok(error instanceof WrongExpectedVersionError, `${error}`);
    assert.equal(error.streamName, "node-1");
    assert.equal(error.expectedVersion, "no_stream");
    assert.equal(error.actualVersion, 4n);
    return true;
  });
  await assert.rejects(client.appendToStream("node-1", made(9), { expectedRevision: 0n }), (error) => {
    assert.ok(error instanceof WrongExpectedVersionError, `${error}`);
    assert.equal(error.expectedVersion, 0n);
    assert.equal(error.actualVersion, 4n);
    return true;
  });
  await assert.rejects(client.appendToStream("none", made(9), { expectedRevision: STREAM_EXISTS }), (error) => {
    assert.ok(error instanceof WrongExpectedVersionError, `${error}`);
    assert.equal(error.actualVersion, "no_stream");
    return true;
  });
  const huge = binaryEvent({ type: "Huge", data: Buffer.alloc(5 << 20) });
  await assert.rejects(client.appendToStream("node-1", huge, { batchAppendSize: 1 << 20 }));
  const half = () => binaryEvent({ type: "Half", data: Buffer.alloc(3 << 20) });
  await assert.rejects(
    client.appendToStream("node-1", [half(), half()], { batchAppendSize: 1 << 20 }),
    (error) => error instanceof MaxAppendSizeExceededError && error.maxAppendSize === 4 << 20,
  );
}

async function reads() {
  const forward = await collect(client.readStream("node-1"));
  assert.deepEqual(forward.map((e) => e.revision), [0n, 1n, 2n, 3n, 4n]);
  assert.deepEqual(forward[0].data, { n: 1 });
  assert.deepEqual(forward[0].metadata, { by: "node" });
  assert.deepEqual([...forward[4].data], [0, 255]);
  assert.ok(forward[0].created instanceof Date && !Number.isNaN(forward[0].created.getTime()));

  const backward = await collect(client.readStream("node-1", { direction: BACKWARDS, fromRevision: END, maxCount: 2 }));
  assert.deepEqual(backward.map((e) => e.revision), [4n, 3n]);
  await assert.rejects(collect(client.readStream("none")), StreamNotFoundError);

  const all = await collect(client.readAll({ fromPosition: START }));
  assert.ok(all.length > 50);
  const onward = await collect(client.readAll({ fromPosition: all[7].position, maxCount: 1 }));
  assert.equal(onward[0].id, all[7].id, "a read of $all includes the event at its position");
}

async function subscribes() {
  const checkpoints = [];
  const filter = streamNameFilter({
    regex: "^(node|live)-",
    maxSearchWindow: 8,
    checkpointInterval: 1,
    checkpointReached: (_, position) => void checkpoints.push(position),
  });
  const subscription = client.subscribeToAll({ fromPosition: START, filter });
  const caughtUp = new Promise((resolve) => subscription.once("caughtUp", resolve));
  const seen = until(subscription, 6);
  await caughtUp;
  await client.appendToStream("other-1", made(1));
  await client.appendToStream("live-1", made(2));
  const events = await seen;
  assert.deepEqual(events.map((e) => e.streamId), [...Array(5).fill("node-1"), "live-1"]);
  assert.ok(checkpoints.length > 0, "checkpoints were reached");
  for (let i = 1; i < checkpoints.length; i++) assert.ok(checkpoints[i].commit > checkpoints[i - 1].commit);

  const resumed = client.subscribeToAll({ fromPosition: events[4].position, filter: streamNameFilter({ prefixes: ["live-", "node-"] }) });
  assert.deepEqual((await until(resumed, 1)).map((e) => e.id), [events[5].id], "a subscription begins after its position");

  const types = client.subscribeToAll({ filter: eventTypeFilter({ prefixes: ["Bytes"] }) });
  assert.deepEqual((await until(types, 1)).map((e) => e.type), ["Bytes"]);
  const users = client.subscribeToAll({ filter: excludeSystemEvents() });
  assert.equal((await until(users, 3)).length, 3);
  const one = client.subscribeToStream("node-1", { fromRevision: 1n });
  assert.deepEqual((await until(one, 3)).map((e) => e.revision), [2n, 3n, 4n]);
}

async function deletes() {
  await client.setStreamMetadata("live-1", { maxCount: 10 });
  assert.equal((await client.getStreamMetadata("live-1")).metadata.maxCount, 10);
  await assert.rejects(client.deleteStream("live-1", { expectedRevision: 7n }), (error) => {
    assert.ok(error instanceof WrongExpectedVersionError, `${error}`);
    assert.equal(error.expectedVersion, 7n);
    assert.equal(error.actualVersion, 0n);
    return true;
  });
  await client.deleteStream("live-1", { expectedRevision: 0n });
  await assert.rejects(collect(client.readStream("live-1")), StreamNotFoundError);
  const anew = await client.appendToStream("live-1", made(1), { expectedRevision: NO_STREAM });
  assert.equal(anew.nextExpectedRevision, 1n);

  await client.tombstoneStream("live-1");
  await assert.rejects(collect(client.readStream("live-1")), StreamDeletedError);
  await assert.rejects(client.appendToStream("live-1", made(1)), StreamDeletedError);
  await assert.rejects(client.listAllPersistentSubscriptions(), "the server has no persistent subscriptions");
}

async function main() {
  for (const step of [appends, appendsAlone, appendsInOrder, conflicts, reads, subscribes, deletes]) {
    console.error(step.name);
    await step();
  }
  console.log("ok");
}

// What is still open, subscriptions among it, ends with the process.
const stuck = setTimeout(() => finish(new Error("stuck")), 60_000);

function finish(error) {
  clearTimeout(stuck);
  if (error) console.error(error);
  process.exit(error ? 1 : 0);
}

main().then(finish, finish);
