/**
 * Tells whoever has the same database open, in this page or another, that something in it has
 * changed: not what, because the name of a record may be a secret.
 */
export interface StoreChannel {
  tell(): void;
  listen(listener: () => unknown): () => void;
}

export function storeChannel(databaseName: string): StoreChannel {
  const open = () => new BroadcastChannel(`relier:changes:${databaseName}`);
  return {
    tell() {
      try {
        // One of its own each time, because a channel hears everything but itself.
        const channel = open();
        channel.postMessage(null);
        channel.close();
      } catch {
        // What is stored is stored, whoever hears of it.
      }
    },
    listen(listener) {
      const channel = open();
      channel.onmessage = async () => {
        try {
          await listener();
        } catch {
          // Theirs to find.
        }
      };
      // A page that is rendered by Node would keep it alive.
      (channel as { unref?(): void }).unref?.();
      return () => channel.close();
    },
  };
}
