import { isIPv6 } from 'node:net';
import { invalidOption, requireOptions, requireTexts } from '../options.ts';
import { parseUrl } from '../secure-url.ts';

/** A proxy named by the program. */
export interface TransportProxy {
  /** `http:` or `https:`, with user name and password where it asks for them. */
  readonly url: string | URL;
  /**
   * Hosts that are reached without the proxy: a name stands for itself and what is below it, with
   * `:port` for that port alone.
   * @default []
   */
  readonly noProxy?: readonly string[] | undefined;
}

/** In the terms of undici's `EnvHttpProxyAgent`. Complete, so that it reads no environment. */
export interface ProxySettings {
  readonly httpProxy: string;
  readonly httpsProxy: string;
  readonly noProxy: string;
}

/** What is to be sent through which proxy; `undefined` where nothing is. */
export function proxySettings(
  proxy: 'environment' | 'none' | TransportProxy,
): ProxySettings | undefined {
  if (proxy === 'none') return undefined;
  if (proxy === 'environment') return fromEnvironment();
  requireOptions(proxy, 'proxy');
  const url = requireProxyUrl(proxy.url, 'proxy.url');
  const noProxy = requireTexts(proxy.noProxy, 'proxy.noProxy');
  if (noProxy.some((host) => /[\s,/]/.test(host))) {
    throw invalidOption('proxy.noProxy', 'must be a list of hosts, each with or without a port');
  }
  return { httpProxy: url, httpsProxy: url, noProxy: noProxy.map(asInUrls).join() };
}

function fromEnvironment(): ProxySettings | undefined {
  const [httpProxy = '', httpsProxy = ''] = ['HTTP_PROXY', 'HTTPS_PROXY'].map((name) => {
    const value = environment(name);
    // As other programs take it: a host and a port will do.
    return value && requireProxyUrl(value.includes('://') ? value : `http://${value}`, name);
  });
  if (!httpProxy && !httpsProxy) return undefined;
  const hosts = environment('NO_PROXY').split(/[\s,]+/);
  return { httpProxy, httpsProxy, noProxy: hosts.map(asInUrls).join() };
}

/** A host as URLs write it, with which it is compared: an address, or a name, has many spellings. */
function asInUrls(entry: string): string {
  const [, name = '', port = ''] = /^(?:\*?\.)?([^*].*?)\.?(:\d+)?$/.exec(entry) ?? [];
  // Undici would take the end of an address without brackets for a port.
  const [host, end] = isIPv6(entry) ? [`[${entry}]`, ''] : [name, port];
  const { hostname = '', href } = parseUrl(`http://${host}`) ?? {};
  return href === `http://${hostname}/` ? hostname + end : entry;
}

function environment(name: string): string {
  return process.env[name.toLowerCase()] ?? process.env[name] ?? '';
}

function requireProxyUrl(value: unknown, option: string): string {
  const url = typeof value === 'string' || value instanceof URL ? parseUrl(value) : undefined;
  if (!url || !/^https?:$/.test(url.protocol) || url.pathname !== '/' || url.search || url.hash) {
    throw invalidOption(option, 'must be an http or https URL without a path');
  }
  // Undici would leave out the header.
  if (!url.username !== !url.password) {
    throw invalidOption(option, 'must have both a user name and a password, or neither');
  }
  try {
    decodeURIComponent(url.username + url.password);
  } catch {
    throw invalidOption(option, 'must have user name and password percent-encoded');
  }
  return url.href;
}
