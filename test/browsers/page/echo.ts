/** As the plain pages of other origins: tells the sender what the `tell` of a message lists. */
addEventListener('message', ({ data, source }) => {
  for (const message of data?.tell ?? []) source?.postMessage(message, { targetOrigin: '*' });
});
