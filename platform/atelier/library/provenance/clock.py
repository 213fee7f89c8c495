"""Our own clock: time stamps (RFC 3161) by which a signature lasts longer than the certificate that it was made with.

The library that signs asks a clock by HTTP only. Ours answers on this machine's own address, for as long as one signature takes: nothing
leaves the machine, and there is nobody else to ask.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, HTTPServer
from secrets import randbits
from threading import Thread

from cryptography.hazmat.primitives.serialization import Encoding

from licensing.credentials import Identity

from .der import INTEGER, OCTETS, SEQUENCE, TIME, integer, oid, parts, sequence, set_of, wrapped

# The rules by which this clock tells the time: the machine's. RFC 3161 asks for their number; those below 2.25 nobody registers.
POLICY = "2.25.1131796"
SIGNED_DATA, TIME_STAMP = "1.2.840.113549.1.7.2", "1.2.840.113549.1.9.16.1.4"
CONTENT_TYPE, DIGEST, CERTIFICATE = "1.2.840.113549.1.9.3", "1.2.840.113549.1.9.4", "1.2.840.113549.1.9.16.2.47"
SHA256, ED25519 = "2.16.840.1.101.3.4.2.1", "1.3.101.112"
EXPLICIT = 0xA0
LARGEST = 1 << 16
POLL_SECONDS = 0.01


class NoRequest(ValueError):
    """It is no request for a time stamp."""


def stamp(request: bytes, clock: Identity, at: datetime) -> bytes:
    """The answer (TimeStampResp) to a request (TimeStampReq). Raises NoRequest."""
    imprint, nonce = _asked(request)
    moment = wrapped(TIME, at.astimezone(UTC).strftime("%Y%m%d%H%M%SZ").encode())
    told = sequence(integer(1), oid(POLICY), imprint, integer(randbits(64)), moment, nonce)
    return sequence(sequence(integer(0)), sequence(oid(SIGNED_DATA), wrapped(EXPLICIT, _signed(told, clock))))


def _asked(request: bytes) -> tuple[bytes, bytes]:
    """What is to be stamped, and the number to be given back: empty when there is none."""
    try:
        [(tag, _, body)] = parts(request)
        _, (kind, imprint, _), *rest = parts(body)
    except ValueError as error:
        raise NoRequest("This is no request for a time stamp.") from error
    if (tag, kind) != (SEQUENCE, SEQUENCE):
        raise NoRequest("This is no request for a time stamp.")
    return imprint, next((whole for each, whole, _ in rest if each == INTEGER), b"")


def _signed(told: bytes, clock: Identity) -> bytes:
    """CMS SignedData (RFC 5652, 5.1) around what is told."""
    certificate = clock.chain[0]
    der = [each.public_bytes(Encoding.DER) for each in clock.chain]
    named = sequence(sequence(sequence(wrapped(OCTETS, sha256(der[0]).digest()))))
    said = (CONTENT_TYPE, oid(TIME_STAMP)), (DIGEST, wrapped(OCTETS, sha256(told).digest())), (CERTIFICATE, named)
    attributes = set_of(*(sequence(oid(name), set_of(value)) for name, value in said))
    algorithm, signer = sequence(oid(SHA256)), sequence(certificate.issuer.public_bytes(), integer(certificate.serial_number))
    # The set itself is signed; in the message it carries the tag of its place.
    by = sequence(
        integer(1),
        signer,
        algorithm,
        bytes([EXPLICIT]) + attributes[1:],
        sequence(oid(ED25519)),
        wrapped(OCTETS, clock.signer.sign(attributes)),
    )
    content = sequence(oid(TIME_STAMP), wrapped(EXPLICIT, wrapped(OCTETS, told)))
    return sequence(integer(3), set_of(algorithm), content, wrapped(EXPLICIT, *sorted(der)), set_of(by))


@contextmanager
def listening(clock: Identity) -> Iterator[str]:
    """The address at which it answers meanwhile."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            try:
                answer = stamp(self.rfile.read(min(int(self.headers["Content-Length"]), LARGEST)), clock, datetime.now(UTC))
            except ValueError:
                return self.send_error(400)
            self.send_response(200)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            """Said to nobody."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, args=(POLL_SECONDS,), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()
