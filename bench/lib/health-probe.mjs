/** `fork`ed with a URL and a pace in ms: asks there until told to stop, then tells how long each answer took, in ms. */
import { Agent, get } from 'node:http';

const [, , url, everyMs] = process.argv;
const agent = new Agent({ keepAlive: true });
const times = [];

async function ask() {
  const since = performance.now();
  await new Promise((resolve, reject) => {
    get(url, { agent }, (answer) => answer.resume().once('end', resolve)).once('error', reject);
  });
  return performance.now() - since;
}

// Of the first ones the program's own warming up is a part.
for (let times = 0; times < 50; times++) await ask();
let over = false;
process.once('message', () => {
  over = true;
});
process.send('ready');
while (!over) {
  times.push(await ask());
  await new Promise((resolve) => setTimeout(resolve, Number(everyMs)));
}
process.send(times, () => {
  agent.destroy();
  process.disconnect();
});
