"""axe-core on a page that is open."""

from functools import cache

from playwright.sync_api import Page

from atelier.devstack.browser import PACKAGES

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@cache
def source() -> str:
    return (PACKAGES / "axe-core" / "axe.min.js").read_text()


def violations(page: Page) -> list[str]:
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(f"() => {{ {source()} }}")
    found: list[str] = page.evaluate(
        """async rules => (await axe.run(document, {runOnly: rules, resultTypes: ["violations"]})).violations.flatMap(rule =>
            rule.nodes.slice(0, 3).map(node =>
                `${rule.id}: ${(node.any[0] || node.all[0] || node.none[0] || {}).message} — ${node.html.slice(0, 200)}`))""",
        RULES,
    )
    return found
