/** What `src/fake` uses of `node:crypto`, by the browser's own. */

export const randomFillSync = (bytes) => crypto.getRandomValues(bytes);
