// What the scripts share: what they are asked, the letter, and the one line of JSON that each prints.
import { readFileSync } from "node:fs";

export const BATCH = 1_000;
export const ONES = 200;

const [address, jobs, concurrency, processes, mode] = process.argv.slice(2);
export const ask = { address, jobs: Number(jobs), concurrency: Number(concurrency), processes: Number(processes), mode };

export const letter = (number) => ({
  to: `somebody-with-a-name-of-ordinary-length-${String(number).padStart(8, "0")}@example.org`,
  template: "welcome",
});

/** The letters from one number to another, as many a batch as one call brings. */
export function* batches(from, to) {
  for (let at = from; at < to; at += BATCH) {
    yield Array.from({ length: Math.min(BATCH, to - at) }, (_, number) => letter(at + number));
  }
}

/** So many a second since then. */
export const rate = (count, began) => count / ((performance.now() - began) / 1_000);

export const rest = (ms) => new Promise((woken) => setTimeout(woken, ms));

export function tell(peer, guarantee, rates) {
  const { version } = JSON.parse(readFileSync(new URL(`node_modules/${peer}/package.json`, import.meta.url)));
  console.log(JSON.stringify({ peer, version: `${version} (node ${process.versions.node})`, guarantee, ...rates }));
}
