"""The web server's own words, in our log and under its rules."""

import logging
from typing import Any

from gunicorn.glogging import Logger

from workers import log


class WebLog(Logger):
    """Sends what gunicorn says through our log, where tracebacks lose their messages."""

    def setup(self, cfg: Any) -> None:
        """Take gunicorn's own handlers away again: they print tracebacks whole."""
        super().setup(cfg)
        log.configure("web")
        for theirs in (self.error_log, self.access_log):
            theirs.handlers[:] = []
            theirs.propagate = True
        logging.getLogger("gunicorn").propagate = True

    def exception(self, msg: object, *args: object, **more: Any) -> None:
        """Tell the fault and where it was, without the address that was asked for: a search may be in it."""
        self.error_log.error(str(msg).partition(" %")[0], exc_info=True)
