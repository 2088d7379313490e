"""A walk through a page by Tab alone: what can be used is come to once, in order, seen, without a trap."""

from dataclasses import dataclass
from typing import Any

from playwright.async_api import Page

_BEGIN = """() => {
  const usable = 'a[href], button, input, select, textarea, summary, [tabindex="0"]'
  const shown = (one) => one.checkVisibility({ visibilityProperty: true })
  const stops = (one) => shown(one) && !one.disabled && one.tabIndex === 0
  window.stopsNow = () => [...document.querySelectorAll(usable)].filter(stops)
  window.went = []
  document.activeElement?.blur()
  document.body.tabIndex = -1
  document.body.focus()
  document.body.removeAttribute('tabindex')
  scrollTo(0, 0)
  return window.stopsNow().length
}"""
_WHERE = """() => {
  const here = document.activeElement
  if (here === null || here === document.body || window.went.includes(here)) return null
  window.went.push(here)
  const ringed = (one) => {
    const ring = getComputedStyle(one)
    return ring.outlineStyle !== 'none' && parseFloat(ring.outlineWidth) > 0
  }
  const box = here.getBoundingClientRect()
  const inside = box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth
  const label = here.closest('label')
  const seen = inside && (ringed(here) || (label !== null && ringed(label)))
  return { known: window.stopsNow().includes(here), seen, what: here.outerHTML.slice(0, 120) }
}"""
_END = """() => {
  const words = (one) => one.dataset.testid ?? one.getAttribute('aria-label') ?? one.textContent.trim()
  const named = (one) => words(one).slice(0, 60)
  const now = window.stopsNow()
  const went = window.went.filter((one) => one.isConnected)
  return { order: went.map(named), missed: now.filter((one) => !went.includes(one)).map(named),
    sorted: went.every((one, at) => at === 0 || now.indexOf(went[at - 1]) < now.indexOf(one)) }
}"""


@dataclass(frozen=True, slots=True)
class Walk:
    """`order` is where Tab led, by name; what is shown of another thing on the way there is asked at the end.

    `missed` can be used and Tab does not lead to it, `strange` are stops that cannot be, on `unseen` nobody
    sees the focus; `sorted`: it went in the order of the page.
    """

    order: list[str]
    missed: list[str]
    strange: list[str]
    unseen: list[str]
    sorted: bool


async def walk(page: Page) -> Walk:
    """Go through the page from its beginning until Tab leaves it; a page that does not let go is a trap."""
    many: int = await page.evaluate(_BEGIN)
    strange: list[str] = []
    unseen: list[str] = []
    for _ in range(2 * many):
        await page.keyboard.press("Tab")
        where: dict[str, Any] | None = await page.evaluate(_WHERE)
        if where is None:
            end = await page.evaluate(_END)
            return Walk(end["order"], end["missed"], strange, unseen, end["sorted"])
        if not where["known"]:
            strange.append(where["what"])
        if not where["seen"]:
            unseen.append(where["what"])
    msg = f"Tab does not lead out of the page: {await page.evaluate(_END)}"
    raise AssertionError(msg)
