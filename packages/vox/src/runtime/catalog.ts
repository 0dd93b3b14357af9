/** What dialects derive from a catalog entry. */
export { downloadBytes, whyUnavailable } from '../models/index.js';
