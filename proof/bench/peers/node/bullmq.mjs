// BullMQ: one script a job, which ends it and gives the next; jobs that are done are removed.
import { Queue, Worker } from "bullmq";
import { Redis } from "ioredis";
import { ONES, ask, batches, letter, rate, tell } from "./driver.mjs";

const connect = () => new Redis(ask.address, { maxRetriesPerRequest: null });
const queue = new Queue("letters", { connection: connect(), defaultJobOptions: { removeOnComplete: true } });
await queue.waitUntilReady();

let began = performance.now();
for (let number = 0; number < ONES; number += 1) await queue.add("send", letter(number));
const enqueue_one = rate(ONES, began);

began = performance.now();
for (const letters of batches(ONES, ask.jobs)) await queue.addBulk(letters.map((data) => ({ name: "send", data })));
const enqueue_bulk = rate(ask.jobs - ONES, began);

const worker = new Worker("letters", async () => {}, { connection: connect(), concurrency: ask.concurrency, autorun: false });
await worker.waitUntilReady();
let done = 0;
const all = new Promise((ended, failed) => {
  worker.on("completed", () => (done += 1) === ask.jobs && ended());
  worker.on("failed", (_, error) => failed(error));
  worker.on("error", failed);
});
began = performance.now();
const running = worker.run();
await Promise.race([all, running]);
const work = rate(ask.jobs, began);

const guarantee = "at least once; acknowledged into the same file, each by the token of its lock (30 s)";
tell("bullmq", guarantee, { enqueue_one, enqueue_bulk, work });
process.exit(0);
