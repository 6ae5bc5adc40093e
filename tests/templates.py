"""Templates compiled once a test process: every test has an application of its own, which would compile them again."""

from jinja2.bccache import Bucket, BytecodeCache


class Compiled(BytecodeCache):
    """What an earlier test's application compiled; a template that changed since has another sum, and is not found."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self.kept:
            bucket.bytecode_from_string(self.kept[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self.kept[bucket.key] = bucket.bytecode_to_string()


COMPILED = Compiled()
