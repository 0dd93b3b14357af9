/** `node redis-probe-trusting.mjs URL...`: JSON of how keeping a session in each Redis went. */
import { probe } from './redis-probe.mjs';

process.stdout.write(JSON.stringify(await Promise.all(process.argv.slice(2).map(probe))));
