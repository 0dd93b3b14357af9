/** The value of one figure without labels on a server's `/metrics`. */
export async function gauge(base, name) {
  const text = await scrape(`${base}/metrics`);
  const line = text.split('\n').find((one) => one.startsWith(`${name} `));
  return Number(line?.split(' ')[1]);
}

/** A connection that was kept may be closed by the server in the very moment in which it is used again: then once more, on a new one. */
async function scrape(url) {
  try {
    return await (await fetch(url)).text();
  } catch (error) {
    if (error.cause?.code !== 'ECONNRESET') throw error;
    return (await fetch(url)).text();
  }
}
