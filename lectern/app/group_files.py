"""Files of what groups did: analytics knows how to write tables, accounts who took them."""

from aiohttp import web

from accounts.service import Accounts
from analytics.workbook import Table, csv_file, disposition, xlsx_file
from interactions.breakout.routes import Sheet
from lectern.kernel.access import Principal

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class GroupFiles:
    """The `Files` of the group routes."""

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts

    async def csv(self, who: Principal, session_id: str, sheet: Sheet) -> web.Response:
        """See `Files`."""
        content = csv_file(_table(sheet))
        return await self._file(who, session_id, sheet, (content, "text/csv", "csv"))

    async def xlsx(self, who: Principal, session_id: str, sheet: Sheet) -> web.Response:
        """See `Files`."""
        content = xlsx_file([_table(sheet)])
        return await self._file(who, session_id, sheet, (content, _XLSX, "xlsx"))

    async def _file(
        self, who: Principal, session_id: str, sheet: Sheet, made: tuple[bytes, str, str]
    ) -> web.Response:
        content, content_type, ending = made
        await self._accounts.audit(who, "groups_exported", session_id, {"rows": len(sheet.rows)})
        headers = {
            "Content-Disposition": disposition(sheet.name, session_id, ending=ending),
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
        }
        charset = "utf-8" if ending == "csv" else None
        return web.Response(body=content, content_type=content_type, charset=charset, headers=headers)


def _table(sheet: Sheet) -> Table:
    return Table(sheet.name, sheet.headings, sheet.rows)
