"""Taking over a staff list from HR: what a file says, what it means, what is wrong with which line. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from lectern.kernel.address import is_address
from lectern.kernel.roles import OrgRole
from lectern.kernel.sheet import LineError, read_sheet

COLUMNS = {
    "external_id": ["employee id", "employee number", "工号", "员工编号"],
    "name": ["姓名", "full name"],
    "department": ["部门"],
    "roles": ["role", "角色"],
    "email": ["e-mail", "mail", "邮箱", "电子邮箱"],
}
_MAX_NAME = 200
_MAX_EXTERNAL_ID = 120
_MAX_DEPARTMENT = 200


@dataclass(frozen=True, slots=True)
class ImportedPerson:
    """One good line."""

    line: int
    external_id: str
    name: str
    department: str | None
    roles: tuple[OrgRole, ...]
    email: str | None = None


def read_people(data: bytes) -> tuple[list[ImportedPerson], list[LineError]]:
    """Read a staff list: good lines, and what is wrong with the others. A number that comes twice is an error
    on its second line, and the first stands.

    Raises:
        Rejected: the file as a whole cannot be read.
    """
    people: list[ImportedPerson] = []
    errors: list[LineError] = []
    seen: dict[str, int] = {}
    for row in read_sheet(data, COLUMNS, ["external_id", "name"]):
        external_id, name = row.cells.get("external_id", ""), row.cells.get("name", "")
        department = row.cells.get("department") or None
        roles, unknown = _roles(row.cells.get("roles", ""))
        email = row.cells.get("email") or None
        if not external_id or not name:
            errors.append(LineError(row.line, "cell_empty", "The employee number or the name is missing."))
        elif len(external_id) > _MAX_EXTERNAL_ID or len(name) > _MAX_NAME:
            errors.append(
                LineError(row.line, "cell_too_long", "The employee number or the name is too long.")
            )
        elif department is not None and len(department) > _MAX_DEPARTMENT:
            errors.append(LineError(row.line, "cell_too_long", "The department's name is too long."))
        elif unknown:
            errors.append(LineError(row.line, "role_unknown", f"There is no role “{unknown}”."))
        elif email is not None and not is_address(email):
            errors.append(LineError(row.line, "address_invalid", "This is not one plain mail address."))
        elif external_id in seen:
            message = f"The employee number {external_id} was already on line {seen[external_id]}."
            errors.append(LineError(row.line, "duplicate_person", message))
        else:
            seen[external_id] = row.line
            people.append(ImportedPerson(row.line, external_id, name, department, roles, email))
    return people, errors


def _roles(cell: str) -> tuple[tuple[OrgRole, ...], str | None]:
    names: Sequence[str] = cell.replace(",", " ").replace(";", " ").split()
    known = {role.value for role in OrgRole}
    unknown = next((name for name in names if name.casefold() not in known), None)
    if unknown is not None:
        return (), unknown[:40]
    return tuple(OrgRole(name.casefold()) for name in names) or (OrgRole.LEARNER,), None
