"""What a case is."""

from world import STANDARD


class Case:
    """A command line in a world. `differs`: how this program is meant to differ, if it is; a
    function of the case and both results for the random ones."""

    def __init__(self, line, differs=None, spec=STANDARD, environment=None):
        self.line = line
        self.differs = differs
        self.spec = spec
        self.environment = environment or {}

    def differs_of(self, original, ours):
        return self.differs(self, original, ours) if callable(self.differs) else self.differs
