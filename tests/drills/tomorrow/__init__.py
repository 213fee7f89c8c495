"""The ledger's migrations as later releases might have them: today's, and behind them one of every common kind.

Settings of such a release (tests/drills/release.py) name this package; the product knows nothing of it.
"""

from pathlib import Path

from atelier.ledger import migrations

__path__ = [*migrations.__path__, *__path__]
TODAY = sorted(path.stem for path in Path(migrations.__path__[0]).glob("0*.py"))[-1]
