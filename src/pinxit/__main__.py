"""``python -m pinxit`` is ``pinxit``."""

from pinxit.cli import main

main()
