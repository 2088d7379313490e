"""Files of what groups did: analytics knows how to write tables, accounts who took them."""

from aiohttp import web

from accounts.service import Accounts
from analytics.workbook import Table, csv_file, disposition, xlsx_file
from interactions.breakout.routes import Sheet
from lectern.edge.downloads import Ending, download, made
from lectern.kernel.access import Principal


class GroupFiles:
    """The `Files` of the group routes."""

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts

    async def csv(self, who: Principal, session_id: str, sheet: Sheet) -> web.Response:
        """See `Files`."""
        content = await made(lambda: csv_file(_table(sheet)))
        return await self._file(who, session_id, sheet, content, "csv")

    async def xlsx(self, who: Principal, session_id: str, sheet: Sheet) -> web.Response:
        """See `Files`."""
        content = await made(lambda: xlsx_file([_table(sheet)]))
        return await self._file(who, session_id, sheet, content, "xlsx")

    async def _file(
        self, who: Principal, session_id: str, sheet: Sheet, content: bytes, ending: Ending
    ) -> web.Response:
        await self._accounts.audit(who, "groups_exported", session_id, {"rows": len(sheet.rows)})
        return download(content, ending, disposition(sheet.name, session_id, ending=ending))


def _table(sheet: Sheet) -> Table:
    return Table(sheet.name, sheet.headings, sheet.rows)
