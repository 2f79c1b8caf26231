export * from 'relier';
