// The control channel of one node: listens, connects, and follows the configuration. Of two nodes the one with the
// lower name connects, so that there is one connection between them. Decides which connections a reload leaves alone:
// all whose peer is still configured as before. Keys and certificates count from the next connection on.

import { describeError, type Clock } from '@baton/base';
import type { Configuration, ControlChannelSettings, PeerConfiguration } from '@baton/config';
import type { Socket } from 'node:net';
import { Connection, type ConnectionListener, type Ending, type PeerNews } from './connection.js';
import { Dialer } from './dialer.js';
import { agreementOf, describeDrift } from './drift.js';
import { findListenAddress, formatEndpoint, isLoopback, isWildcard } from './endpoint.js';
import { PeerLink } from './link.js';
import { PeerListener, type Arrival } from './listener.js';
import {
  PROTOCOL, type Answer, type Hello, type PeerRefusalReason, type PeerRequest, type Standing,
} from './messages.js';
import { Refusals, type Refusal } from './refusals.js';
import type { PeerLossReason } from './session.js';

/** Between two attempts to listen, ms. */
const LISTEN_RETRY_MS = 2000;
/** Requests of all peers that may be answered at once. */
export const MAX_HANDLED_REQUESTS = 16;
/** Port without a file that says otherwise. */
const PORT = 8512;

/** What can be wrong with it. */
export type ChannelAlarm = 'peer-refused' | 'peer-unreachable' | 'control-channel-unavailable';

/** Answers what a peer asks. */
export type RequestHandler = (node: string, request: PeerRequest) => Promise<Answer>;

/** What the channel needs and tells. */
export interface PeerChannelOptions {
  readonly clock: Clock;
  /** From 0 to 1, without 1. */
  readonly random: () => number;
  /** Of Baton. */
  readonly version: string;
  /** Another text after every start. */
  readonly boot: string;
  readonly connected: (node: string, address: string, version: string) => void;
  readonly lost: (node: string, reason: PeerLossReason) => void;
  readonly refused: (refusal: Refusal) => void;
  /** Raises an alarm, or ends it with undefined. */
  readonly alarm: (name: ChannelAlarm, detail: string | undefined, subject: string) => void;
}

/** One peer as it is seen through the channel. */
export interface PeerView {
  readonly node: string;
  readonly version: string | undefined;
  readonly roundTripMs: number | undefined;
  readonly drift: readonly string[];
  readonly standings: readonly Standing[];
}

/** The channel at one moment. */
export interface ChannelView {
  /** `address:port`; undefined while nothing listens. */
  readonly listen: string | undefined;
  readonly authentication: ControlChannelSettings['credentials']['kind'];
  readonly refused: Readonly<Record<string, number>>;
  /** The peers that are up. */
  readonly peers: readonly PeerView[];
}

/** What runs now. */
interface Running {
  readonly configuration: Configuration;
  readonly settings: ControlChannelSettings;
  readonly listenAddress: string;
}

/** The control channel of one node. */
export class PeerChannel {
  readonly #options: PeerChannelOptions;
  readonly #refusals: Refusals;
  readonly #links = new Map<string, PeerLink>();
  readonly #standings = new Map<string, Standing>();
  #handler: RequestHandler = () => Promise.resolve({ ok: false, why: 'not-supported' });
  #handling = 0;
  #running: Running | undefined;
  #listener: PeerListener | undefined;
  #endpoint: string | undefined;
  #retry: NodeJS.Timeout | undefined;
  #turn: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(options: PeerChannelOptions) {
    this.#options = options;
    this.#refusals = new Refusals(options.clock, {
      told: (refusal) => { options.refused(refusal); },
      alarm: (detail) => { options.alarm('peer-refused', detail, ''); },
    });
  }

  /** Whoever answers requests from now on. */
  handleRequests(handler: RequestHandler): void {
    this.#handler = handler;
  }

  /** Takes a configuration, after those that were given before. Never rejects. */
  configure(configuration: Configuration): Promise<void> {
    this.#turn = this.#turn.then(() => this.#apply(configuration));
    return this.#turn;
  }

  /** Tells every peer what is new about these routers; they are all there are. */
  tell(standings: readonly Standing[]): void {
    const names = new Set(standings.map(({ router }) => router));
    for (const router of this.#standings.keys()) if (!names.has(router)) this.#standings.delete(router);
    for (const standing of standings) {
      if (JSON.stringify(this.#standings.get(standing.router)) === JSON.stringify(standing)) continue;
      this.#standings.set(standing.router, standing);
      for (const link of this.#links.values()) link.connection?.send({ type: 'state', standing });
    }
  }

  /** Asks a peer. Never rejects: what stands in the way is an answer too. */
  request(node: string, request: PeerRequest, timeoutMs: number): Promise<Answer> {
    const connection = this.#links.get(node)?.connection;
    return connection?.ask(request, timeoutMs) ?? Promise.resolve({ ok: false, why: 'not-connected' });
  }

  /** Whether there is anybody to tell anything. */
  get isOn(): boolean {
    return this.#running !== undefined;
  }

  /** What an operator sees; undefined without a channel. */
  view(): ChannelView | undefined {
    const running = this.#running;
    if (running === undefined) return undefined;
    const ours = agreementOf(running.configuration);
    const peers = [...this.#links.values()].filter(({ connection }) => connection !== undefined).map((link) => ({
      node: link.peer.node, version: link.version, roundTripMs: link.connection?.roundTripMs,
      drift: link.agreement === undefined ? [] : describeDrift(ours, link.agreement, link.peer.node),
      standings: link.standings(),
    }));
    const { kind: authentication } = running.settings.credentials;
    return { listen: this.#endpoint, authentication, refused: this.#refusals.counts(), peers };
  }

  /** Ends everything. */
  close(): void {
    this.#isClosed = true;
    this.#stop('shutdown');
    this.#refusals.close();
  }

  async #apply(configuration: Configuration): Promise<void> {
    const { controlChannel: settings } = configuration;
    const peers = settings === undefined ? [] : reachable(configuration.peers, settings);
    const listenAddress = settings?.listen?.address ?? await findListenAddress(peers.map(({ address }) => address));
    if (this.#isClosed) return;
    const before = this.#running;
    const isOff = settings === undefined || peers.length === 0;
    if (isOff || before?.configuration.node !== configuration.node) this.#stop('reconfigured');
    if (isOff) return;
    const running = { configuration, settings, listenAddress };
    this.#running = running;
    if (this.#listener === undefined || !isSame(before, running)) await this.#listen(running);
    this.#follow(peers, running, before);
    const agreement = agreementOf(configuration);
    for (const link of this.#links.values()) link.connection?.send(agreement);
  }

  #follow(peers: readonly PeerConfiguration[], running: Running, before: Running | undefined): void {
    for (const [node, link] of this.#links) {
      const after = peers.find((peer) => peer.node === node);
      if (after?.address === link.peer.address && after.port === link.peer.port) continue;
      this.#links.delete(node);
      link.close('reconfigured');
    }
    for (const peer of peers) {
      const known = this.#links.get(peer.node);
      if (known === undefined) this.#links.set(peer.node, this.#createLink(peer));
      const link = this.#links.get(peer.node);
      const isOurs = running.configuration.node < peer.node;
      if (link === undefined || !isOurs || (link.dialer !== undefined && isSame(before, running))) continue;
      this.#startDialing(link, running);
    }
  }

  #createLink(peer: PeerConfiguration): PeerLink {
    return new PeerLink(peer, {
      lost: (node, reason) => { this.#options.lost(node, reason); },
      unreachable: (node, detail) => { this.#options.alarm('peer-unreachable', detail, node); },
    });
  }

  /** With the parameters of now; a connection that stands is left alone. */
  #startDialing(link: PeerLink, { configuration: { node }, settings, listenAddress }: Running): void {
    link.dialer?.stop();
    const { peer } = link;
    const isUsable = !isWildcard(listenAddress) && listenAddress.includes(':') === peer.address.includes(':');
    const dialer = new Dialer({
      node, peer, credentials: settings.credentials, localAddress: isUsable ? listenAddress : undefined,
      random: this.#options.random,
      connected: (socket) => { this.#converse(socket, link, dialer); },
      refused: (reason) => {
        link.problem = reason;
        this.#refusals.note({ reason, address: peer.address, node: undefined });
      },
      failed: (detail) => { link.problem = detail; },
    });
    link.dialer = dialer;
    if (link.connection === undefined) dialer.dial();
  }

  #converse(socket: Socket, link: PeerLink, dialer: Dialer): void {
    const judge = (node: string): PeerRefusalReason | undefined => node === link.peer.node ? undefined : 'wrong-node';
    const ended = (connection: Connection, ending: Ending): void => {
      this.#noteRefusal(connection, ending);
      link.noteEnding(connection, ending);
      // The dialer of now, which a reload may have made since.
      if (link.connection === undefined) (link.dialer ?? dialer).dialLater();
    };
    this.#open(socket, link.peer.address, 'connecting', judge, (node) => this.#links.get(node), ended);
  }

  #receive({ socket, address, names, settle }: Arrival): void {
    const judge = (node: string): PeerRefusalReason | undefined => {
      if (names !== undefined && !names.includes(node)) return 'wrong-node';
      const peer = this.#links.get(node)?.peer;
      if (peer === undefined) return 'unknown-node';
      if (names === undefined && peer.address !== address) return 'wrong-node';
      return node < this.#ownName() ? undefined : 'wrong-node';
    };
    let link: PeerLink | undefined;
    const linkOf = (node: string): PeerLink | undefined => {
      settle();
      link = this.#links.get(node);
      return link;
    };
    this.#open(socket, address, 'accepting', judge, linkOf, (connection, ending) => {
      this.#noteRefusal(connection, ending);
      link?.noteEnding(connection, ending);
    });
  }

  #open(
    socket: Socket, address: string, role: 'connecting' | 'accepting',
    judge: (node: string) => PeerRefusalReason | undefined, linkOf: (node: string) => PeerLink | undefined,
    ended: ConnectionListener['ended'],
  ): void {
    const listener: ConnectionListener = {
      up: (connection, hello) => { this.#welcome(connection, hello, linkOf(hello.node)); },
      heard: (connection, message) => { this.#hear(connection, message); },
      ended,
    };
    new Connection(socket, address, { role, hello: this.#hello(), judge, clock: this.#options.clock, listener }).open();
  }

  #welcome(connection: Connection, hello: Hello, link: PeerLink | undefined): void {
    const running = this.#running;
    // A reload between its hello and our welcome.
    if (link === undefined || running === undefined) {
      connection.close('reconfigured');
      return;
    }
    link.use(connection, hello);
    this.#options.connected(hello.node, connection.address, hello.version);
    connection.send(agreementOf(running.configuration));
    for (const standing of this.#standings.values()) connection.send({ type: 'state', standing });
  }

  #hear(connection: Connection, message: PeerNews): void {
    const link = [...this.#links.values()].find((each) => each.connection === connection);
    if (link === undefined) return;
    if (message.type === 'request') void this.#answer(link.peer.node, connection, message);
    else link.take(message);
  }

  async #answer(
    node: string, connection: Connection, { id, request }: Extract<PeerNews, { type: 'request' }>,
  ): Promise<void> {
    if (request === undefined || this.#handling >= MAX_HANDLED_REQUESTS) {
      const why = request === undefined ? 'unknown-method' : 'too-many-requests';
      connection.send({ type: 'answer', id, answer: { ok: false, why } });
      return;
    }
    this.#handling += 1;
    const answer = await this.#handler(node, request);
    this.#handling -= 1;
    connection.send({ type: 'answer', id, answer });
  }

  #noteRefusal(connection: Connection, ending: Ending): void {
    if (ending.kind !== 'refused') return;
    this.#refusals.note({ reason: ending.reason, address: connection.address, node: ending.node });
  }

  async #listen(running: Running): Promise<void> {
    this.#listener?.close();
    this.#endpoint = undefined;
    clearTimeout(this.#retry);
    const { settings, listenAddress, configuration } = running;
    const port = settings.listen?.port ?? PORT;
    const listener = new PeerListener({
      credentials: settings.credentials,
      isPeerAddress: (address) => configuration.peers.some((peer) => peer.address === address),
      arrived: (arrival) => { this.#receive(arrival); },
      refused: (reason, address) => { this.#refusals.note({ reason, address, node: undefined }); },
    });
    this.#listener = listener;
    try {
      const bound = await listener.listen(listenAddress, port);
      if (this.#isClosed) listener.close();
      this.#endpoint = formatEndpoint(listenAddress, bound);
      this.#options.alarm('control-channel-unavailable', undefined, '');
    } catch (error) {
      const place = formatEndpoint(listenAddress, port);
      const detail = `cannot listen on ${place} (${describeError(error)}); trying again`;
      this.#options.alarm('control-channel-unavailable', detail, '');
      this.#retry = setTimeout(() => {
        this.#turn = this.#turn.then(() => this.#listenAgain(listener));
      }, LISTEN_RETRY_MS).unref();
    }
  }

  async #listenAgain(refused: PeerListener): Promise<void> {
    if (this.#listener === refused && this.#running !== undefined) await this.#listen(this.#running);
  }

  #stop(reason: PeerLossReason): void {
    clearTimeout(this.#retry);
    this.#running = undefined;
    this.#listener?.close();
    this.#listener = undefined;
    this.#endpoint = undefined;
    const links = [...this.#links.values()];
    this.#links.clear();
    for (const link of links) link.close(reason);
  }

  #ownName(): string {
    return this.#running?.configuration.node ?? '';
  }

  #hello(): Hello {
    const { version, boot } = this.#options;
    const { oldest, newest } = PROTOCOL;
    return { type: 'hello', oldest, newest, node: this.#ownName(), version, boot };
  }
}

/** Without authentication nothing outside of this machine is talked to. */
function reachable(
  peers: readonly PeerConfiguration[], settings: ControlChannelSettings,
): readonly PeerConfiguration[] {
  return settings.credentials.kind === 'none' ? peers.filter(({ address }) => isLoopback(address)) : peers;
}

function isSame(before: Running | undefined, { settings, listenAddress }: Running): boolean {
  return before?.listenAddress === listenAddress && JSON.stringify(before.settings) === JSON.stringify(settings);
}
