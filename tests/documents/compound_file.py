"""Writes compound files (CFB, version 3), which Outlook keeps its mails in: small streams in one folder."""

from __future__ import annotations

import struct

SECTOR, SMALL, CUTOFF = 512, 64, 4096
FREE, END, FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD


def compound_file(streams: dict[str, bytes]) -> bytes:
    """A compound file with these streams in its root, each under 4,096 bytes."""
    small, chains, starts = b"", [], {}
    for name, data in streams.items():
        assert len(data) < CUTOFF
        count = -(-len(data) // SMALL)
        starts[name] = len(chains)
        chains += [*range(len(chains) + 1, len(chains) + count), END]
        small += data.ljust(count * SMALL, b"\0")
    entries = [entry("Root Entry", 5, child=1, start=3, size=len(small))]
    names = sorted(streams, key=lambda name: (len(name), name.upper()))
    for number, name in enumerate(names, 1):
        following = number + 1 if number < len(names) else FREE
        entries.append(entry(name, 2, right=following, start=starts[name], size=len(streams[name])))
    folder, table = b"".join(entries), struct.pack(f"<{len(chains)}I", *chains)
    parts = [padded(folder, SECTOR), padded(table, SECTOR, b"\xff"), padded(small, SECTOR)]
    # Sector 0 is the table of sectors; folder, small table and small streams follow in this order.
    fat, places, at = [FAT], [], 1
    for part in parts:
        count = len(part) // SECTOR
        places.append(at)
        fat += [*range(at + 1, at + count), END]
        at += count
    root = entry("Root Entry", 5, child=1, start=places[2], size=len(small))
    parts[0] = root + parts[0][len(root) :]
    return (
        header(places[0], places[1])
        + padded(struct.pack(f"<{len(fat)}I", *fat), SECTOR, b"\xff")
        + b"".join(parts)
    )


def header(folder: int, small_table: int) -> bytes:
    fields = struct.pack(
        "<HHHHH6xIIIIIIIIII", 0x3E, 3, 0xFFFE, 9, 6, 0, 1, folder, 0, CUTOFF, small_table, 1, END, 0, 0
    )
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + fields + struct.pack("<108I", *[FREE] * 108)


def entry(
    name: str, kind: int, *, child: int = FREE, right: int = FREE, start: int = 0, size: int = 0
) -> bytes:
    written = (name + "\0").encode("utf-16-le")
    head = written.ljust(64, b"\0") + struct.pack("<HBBIII", len(written), kind, 1, FREE, right, child)
    return head + bytes(36) + struct.pack("<IQ", start, size)


def padded(data: bytes, size: int, sign: bytes = b"\0") -> bytes:
    return data.ljust(-(-len(data) // size) * size, sign)
