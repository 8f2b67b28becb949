// Reads one request line. Judges only its form; what a method does is decided in connection.ts. Pure.

import type { ControlErrorCode, ControlRequest } from './messages.js';

/** A request, or why it is none. `id` is the caller's where it could be read, else 0. */
export type ParsedRequest =
  | { readonly ok: true; readonly request: ControlRequest }
  | { readonly ok: false; readonly id: number; readonly code: ControlErrorCode; readonly message: string };

/** Reads a line that may hold anything. Never throws. */
export function parseRequest(line: string): ParsedRequest {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return bad(0, 'the line is not JSON');
  }
  if (typeof value !== 'object' || value === null) return bad(0, 'the line is not a JSON object');
  const { id, method, sinceMs, follow, plan, router, to, forMs, on } = value as Readonly<Record<string, unknown>>;
  if (typeof id !== 'number' || !Number.isSafeInteger(id)) return bad(0, 'id must be an integer');
  if (typeof method !== 'string') return bad(id, 'method must be a string');
  switch (method) {
    case 'status':
      return { ok: true, request: { id, method } };
    case 'events':
      if (typeof follow !== 'boolean') return bad(id, 'follow must be true or false');
      if (sinceMs === undefined) return { ok: true, request: { id, method, follow } };
      if (typeof sinceMs !== 'number') return bad(id, 'sinceMs must be a number');
      return { ok: true, request: { id, method, follow, sinceMs } };
    case 'handover':
      if (!isTextOrAbsent(router) || !isTextOrAbsent(to)) return bad(id, 'router and to must be text');
      if (!isTimeOrAbsent(forMs)) return bad(id, 'forMs must be a number of milliseconds');
      return {
        ok: true,
        request: {
          id, method, ...(router !== undefined && { router }), ...(to !== undefined && { to }),
          ...(forMs !== undefined && { forMs }),
        },
      };
    case 'maintenance':
      if (typeof on !== 'boolean') return bad(id, 'on must be true or false');
      if (!isTimeOrAbsent(forMs)) return bad(id, 'forMs must be a number of milliseconds');
      return { ok: true, request: { id, method, on, ...(forMs !== undefined && { forMs }) } };
    case 'reload':
      return typeof plan === 'boolean' ? { ok: true, request: { id, method, plan } }
        : bad(id, 'plan must be true or false');
    default:
      return {
        ok: false, id, code: 'ERR_CONTROL_UNKNOWN_METHOD', message: `there is no method ${method.slice(0, 40)}`,
      };
  }
}

function isTextOrAbsent(value: unknown): value is string | undefined {
  return value === undefined || typeof value === 'string';
}

function isTimeOrAbsent(value: unknown): value is number | undefined {
  return value === undefined || (typeof value === 'number' && value >= 0 && value < Infinity);
}

function bad(id: number, message: string): ParsedRequest {
  return { ok: false, id, code: 'ERR_CONTROL_BAD_REQUEST', message };
}
