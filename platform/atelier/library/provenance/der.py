"""As much of DER (ITU-T X.690) as a time stamp is made of."""

INTEGER, OCTETS, OID, SEQUENCE, SET, TIME = 0x02, 0x04, 0x06, 0x30, 0x31, 0x18


def wrapped(tag: int, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return bytes([tag]) + _length(len(body)) + body


def _length(count: int) -> bytes:
    if count < 0x80:
        return bytes([count])
    said = count.to_bytes((count.bit_length() + 7) // 8, "big")
    return bytes([0x80 | len(said)]) + said


def sequence(*parts: bytes) -> bytes:
    return wrapped(SEQUENCE, *parts)


def set_of(*parts: bytes) -> bytes:
    return wrapped(SET, *sorted(parts))


def integer(value: int) -> bytes:
    """Of what is not negative."""
    return wrapped(INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def oid(dotted: str) -> bytes:
    first, second, *rest = map(int, dotted.split("."))
    return wrapped(OID, bytes([first * 40 + second]), *map(_base128, rest))


def _base128(value: int) -> bytes:
    digits = [value & 0x7F]
    while value := value >> 7:
        digits.append(0x80 | (value & 0x7F))
    return bytes(reversed(digits))


def parts(body: bytes) -> list[tuple[int, bytes, bytes]]:
    """What follows each other in `body`: (tag, all of it, what it holds). Raises ValueError for what is cut off."""
    found, at = [], 0
    while at < len(body):
        tag, begin, end = _read(body, at)
        found.append((tag, body[at:end], body[begin:end]))
        at = end
    return found


def _read(body: bytes, at: int) -> tuple[int, int, int]:
    """The tag, and where what it holds begins and ends."""
    head = body[at : at + 2]
    if len(head) < 2:
        raise ValueError("The value is cut off.")
    tag, count, begin = head[0], head[1], at + 2
    if count & 0x80:
        begin += count & 0x7F
        count = int.from_bytes(body[at + 2 : begin], "big")
    if begin + count > len(body):
        raise ValueError("The value is cut off.")
    return tag, begin, begin + count
