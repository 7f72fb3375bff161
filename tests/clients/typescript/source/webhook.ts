// Webhooks are signed after Standard Webhooks 1.0: its library verifies them.
import { Webhook } from "standardwebhooks";
import type { ChangeType } from "./generated.js";

export interface Told {
  type: ChangeType;
  timestamp: string;
  data: { cursor: string; objectId: string; objectVersion: number };
}

/** What a request tells. Throws unless it is ours, untouched and at most five minutes old. `body`: the bytes as they came. */
export function verified(secret: string, headers: Record<string, unknown>, body: Buffer): Told {
  return new Webhook(secret).verify(body, headers as Record<string, string>) as Told;
}
