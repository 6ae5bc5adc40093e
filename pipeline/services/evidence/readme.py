"""The page of words that lies in each evidence pack."""

README = """\
This is evidence of what was signed in Proofdesk. It can be checked on any machine with Python 3.9 or newer, without
a network and without Proofdesk:

    python3 verify.py PACK.zip --key KEY

PACK.zip is the file that this page came in. KEY is the signing key, 64 hex digits, that you were given by another way
than this file; without it, damage is found but no forgery. If you hold a checkpoint that left the machine earlier, add
--checkpoint FILE: the record must continue it. Take verify.py from a place that you trust rather than from here.

  report.pdf        all of it to read: signatures, every field with its print, and what happened
  manifest.json     what is in here, with the SHA-256 of each file, signed
  export.jsonl      signed records, every field, and the events behind them; see the columns in docs/audit-export.md
  crops/            the print that each value was read from
  originals/        the files themselves, named by their SHA-256, where they were asked for
  checkpoint.json   where the whole record stood when this was made, signed
  checkpoint.tsr    the time-stamp of that (RFC 3161), where an authority gave one
  timestamps/       earlier checkpoints with theirs; --authority FILE.pem names whose stamps you trust
  proofs.jsonl      that each event is part of that record, and that it continues the checkpoints before it
  missing.json      pictures and files that could not be had any more
  verify.py         the program that checks it
"""
