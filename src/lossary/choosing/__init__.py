"""Which loss does this data want, and why.

``choose`` takes a table and a question and gives a ``Choice``. ``planning`` is its first stage: it reads the table
(``table``), looks at it (``diagnosis``), picks ``candidates`` and plans what fits into the time (``scheduling``). The
second stage trains them (``training``, ``scheduling``) and decides (``judging``); ``report`` writes that down.

Imports point one way: comparison, findings < table < training < scheduling, diagnosis < candidates < planning, and
comparison, findings < judging; both < report < choose. Nothing here imports the command line.
"""
