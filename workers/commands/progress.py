"""How far a long run is."""

import sys
import time

import click

_AFTER_SECONDS = 2.0
_TERMINAL_SECONDS = 0.2
_LOG_SECONDS = 10.0


class Progress:
    """How far a long run is, on standard error: rewritten in place on a terminal, a line now and then elsewhere."""

    def __init__(self, total: int) -> None:
        self.total = total
        self.done = 0
        self.began = self.told = time.monotonic()
        self.on_terminal = sys.stderr.isatty()
        self.is_shown = False

    def step(self) -> None:
        self.done += 1
        now = time.monotonic()
        every = _TERMINAL_SECONDS if self.on_terminal else _LOG_SECONDS
        if now - self.began < _AFTER_SECONDS or now - self.told < every or self.done == self.total:
            return
        self.told = now
        left = (now - self.began) / self.done * (self.total - self.done)
        text = f"{self.done} of {self.total} files, about {left:.0f} s left"
        click.echo(f"\r{text}\x1b[K" if self.on_terminal else text, err=True, nl=not self.on_terminal)
        self.is_shown = self.on_terminal

    def clear(self) -> None:
        if self.is_shown:
            click.echo("\r\x1b[K", err=True, nl=False)
            self.is_shown = False
