// Graphile Worker. Mode `batched` is its local queue with batched completion, the fastest it has: up to 500 jobs a process are
// then held by a worker that dies, for four hours. The workers are processes of their own, started before the clock.
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { makeWorkerUtils, run } from "graphile-worker";
import pg from "pg";
import { ONES, ask, batches, letter, rate, rest, tell } from "./driver.mjs";

const TASK = "send-letter";
const batched = ask.mode.startsWith("batched");
const preset = {
  worker: {
    connectionString: ask.address,
    concurrentJobs: ask.concurrency,
    maxPoolSize: Math.min(ask.concurrency + 2, 40),
    ...(batched && { localQueue: { size: 500 }, completeJobBatchDelay: 0, failJobBatchDelay: 0 }),
  },
};
process.env.NO_LOG_SUCCESS = "1";

if (process.send) {
  // A worker: says that it is there, and begins when it is told to.
  process.send("here");
  await once(process, "message");
  await run({ preset, taskList: { [TASK]: async () => {} }, noHandleSignals: true });
} else {
  const utils = await makeWorkerUtils({ connectionString: ask.address });
  await utils.migrate();

  let began = performance.now();
  for (let number = 0; number < ONES; number += 1) await utils.addJob(TASK, letter(number));
  const enqueue_one = rate(ONES, began);

  began = performance.now();
  for (const letters of batches(ONES, ask.jobs)) {
    await utils.addJobs(letters.map((payload) => ({ identifier: TASK, payload })));
  }
  const enqueue_bulk = rate(ask.jobs - ONES, began);

  const words = process.argv.slice(2);
  const workers = Array.from({ length: ask.processes }, () =>
    fork(fileURLToPath(import.meta.url), words, { stdio: ["ignore", "ignore", "inherit", "ipc"] }),
  );
  await Promise.all(workers.map((worker) => once(worker, "message")));
  const line = new pg.Client(ask.address);
  await line.connect();
  began = performance.now();
  for (const worker of workers) worker.send("go");
  for (;;) {
    const { rows } = await line.query("SELECT count(*)::int AS left FROM graphile_worker._private_jobs");
    if (rows[0].left === 0) break;
    if (workers.some((worker) => worker.exitCode !== null)) throw new Error("a worker ended before the work");
    await rest(rows[0].left > 2_000 ? 20 : 5);
  }
  const work = rate(ask.jobs, began);
  for (const worker of workers) worker.kill("SIGKILL");

  const guarantee = batched
    ? "at least once; completions batched and durable (synchronous_commit=on), by id alone; up to 500 jobs a dead process held for 4 h"
    : "at least once; one commit for each claim and completion (synchronous_commit=on), by id alone; a dead process's jobs held for 4 h";
  tell("graphile-worker", guarantee, { enqueue_one, enqueue_bulk, work });
  process.exit(0);
}
