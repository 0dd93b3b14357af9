import { get } from 'node:http';

/** The value of one figure without labels on a server's `/metrics`. */
export async function gauge(base, name) {
  const text = await scrape(`${base}/metrics`);
  const line = text.split('\n').find((one) => one.startsWith(`${name} `));
  return Number(line?.split(' ')[1]);
}

/** On a connection of its own: one that was kept may be closed by the server in the very moment in which it is used again. */
function scrape(url) {
  return new Promise((resolve, reject) => {
    const request = get(url, { agent: false }, async (response) => {
      response.setEncoding('utf8');
      try {
        resolve((await response.toArray()).join(''));
      } catch (error) {
        reject(error);
      }
    });
    request.on('error', reject);
  });
}
