"""The feed of changes (стрічка змін): everything since the cursor that you keep, once, in order, without a gap."""

from collections.abc import AsyncIterator, Callable

from .client import Client, Failed
from .generated.changes import ChangesChangesEntries as Change
from .generated.enums import ChangeType


class FeedLost(Exception):
    """The cursor is too old, or of a database that was restored: `Feed.begin`, list everything anew, go on from there."""


class Feed:
    def __init__(self, client: Client, cursor: str, keep: Callable[[str], None] = lambda cursor: None) -> None:
        """`keep` stores the cursor where it survives a restart: in the transaction that stores what was learnt, if there is one."""
        self.client, self.cursor, self.keep = client, cursor, keep

    @classmethod
    async def begin(cls, client: Client, keep: Callable[[str], None] = lambda cursor: None) -> "Feed":
        """From the end of now on: keep it first, then list what you need."""
        head = (await client.changes_head()).changes_head
        keep(head)
        return cls(client, head, keep)

    async def news(self, types: list[ChangeType] | None = None) -> AsyncIterator[Change]:
        """What has happened since; ask again later for more. A page counts as read when the next one is asked for, so after a crash
        some come again: compare `object_version` with what you have. A type that you do not know is a new one: pass it over."""
        more = True
        while more:
            try:
                page = (await self.client.changes(after=self.cursor, types=types)).changes
            except Failed as fault:
                if fault.code in ("CURSOR_EXPIRED", "INVALID_CURSOR"):
                    raise FeedLost(str(fault)) from fault
                raise
            for change in page.entries:
                yield change
            self.cursor = page.end_cursor
            self.keep(page.end_cursor)
            more = page.has_more
