// The feed of changes (стрічка змін): everything since the cursor that you keep, once, in order, without a gap.
import { Failed, type Client } from "./client.js";
import { ChangesDocument, ChangesHeadDocument, type ChangesQuery, type ChangeType } from "./generated.js";

export type Change = ChangesQuery["changes"]["entries"][number];

/** The cursor is too old, or of a database that was restored: `Feed.begin`, list everything anew, go on from there. */
export class FeedLost extends Error {}

export class Feed {
  /** `keep` stores the cursor where it survives a restart: in the transaction that stores what was learnt, if there is one. */
  constructor(
    readonly client: Client,
    public cursor: string,
    readonly keep: (cursor: string) => void | Promise<void> = () => {},
  ) {}

  /** From the end of now on: keep it first, then list what you need. */
  static async begin(client: Client, keep?: (cursor: string) => void | Promise<void>) {
    const { changesHead } = await client.ask(ChangesHeadDocument, {});
    await keep?.(changesHead);
    return new Feed(client, changesHead, keep);
  }

  /**
   * What has happened since; ask again later for more. A page counts as read when the next one is asked for, so after a crash
   * some come again: compare `objectVersion` with what you have. A type that you do not know is a new one: pass it over.
   */
  async *news(types?: ChangeType[]): AsyncGenerator<Change> {
    for (let more = true; more; ) {
      const { changes } = await this.client.ask(ChangesDocument, { after: this.cursor, types }).catch((fault: unknown) => {
        throw fault instanceof Failed && ["CURSOR_EXPIRED", "INVALID_CURSOR"].includes(fault.code) ? new FeedLost(fault.message) : fault;
      });
      yield* changes.entries;
      this.cursor = changes.endCursor;
      await this.keep(changes.endCursor);
      more = changes.hasMore;
    }
  }
}
