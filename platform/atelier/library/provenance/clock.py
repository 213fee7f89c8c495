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

from cryptography.hazmat.asn1 import TLV, GeneralizedTime, SetOf, decode_der, encode_der
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ObjectIdentifier

from licensing.credentials import Identity

from . import stamps

# The rules by which this clock tells the time: the machine's. RFC 3161 asks for their number; those below 2.25 nobody registers.
POLICY = ObjectIdentifier("2.25.1131796")
SIGNED_DATA, TIME_STAMP = ObjectIdentifier("1.2.840.113549.1.7.2"), ObjectIdentifier("1.2.840.113549.1.9.16.1.4")
CONTENT_TYPE, DIGEST = ObjectIdentifier("1.2.840.113549.1.9.3"), ObjectIdentifier("1.2.840.113549.1.9.4")
CERTIFICATE = ObjectIdentifier("1.2.840.113549.1.9.16.2.47")
SHA256 = stamps.Algorithm(algorithm=ObjectIdentifier("2.16.840.1.101.3.4.2.1"), parameters=None)
ED25519 = stamps.Algorithm(algorithm=ObjectIdentifier("1.3.101.112"), parameters=None)
GRANTED = stamps.Status(status=0)
LARGEST = 1 << 16
POLL_SECONDS = 0.01


class NoRequest(ValueError):
    """It is no request for a time stamp."""


def stamp(request: bytes, clock: Identity, at: datetime) -> bytes:
    """The answer (TimeStampResp) to a request (TimeStampReq). Raises NoRequest."""
    try:
        asked = decode_der(stamps.Request, request)
    except ValueError as error:
        raise NoRequest("This is no request for a time stamp.") from error
    moment = GeneralizedTime(at.astimezone(UTC).replace(microsecond=0))
    told = stamps.Told(version=1, policy=POLICY, imprint=asked.imprint, serial=randbits(64), at=moment, nonce=asked.nonce)
    token = stamps.Token(kind=SIGNED_DATA, signed=_signed(encode_der(told), clock))
    return encode_der(stamps.Response(status=GRANTED, token=token))


def _signed(told: bytes, clock: Identity) -> stamps.SignedData:
    """CMS around what is told."""
    certificate = clock.chain[0]
    by = stamps.CertificateDigest(digest=sha256(certificate.public_bytes(Encoding.DER)).digest())
    attributes = SetOf(
        [
            stamps.attribute(CONTENT_TYPE, TIME_STAMP),
            stamps.attribute(DIGEST, sha256(told).digest()),
            stamps.attribute(CERTIFICATE, stamps.SigningCertificate(certificates=[by])),
        ]
    )
    signer = stamps.Signer(
        version=1,
        certificate=stamps.IssuerAndSerial(issuer=decode_der(TLV, certificate.issuer.public_bytes()), serial=certificate.serial_number),
        digested_by=SHA256,
        attributes=attributes,
        signed_by=ED25519,
        signature=clock.signer.sign(encode_der(attributes)),
    )
    return stamps.SignedData(
        version=3,
        digested_by=SetOf([SHA256]),
        content=stamps.Content(kind=TIME_STAMP, content=told),
        certificates=SetOf(list(clock.chain)),
        signers=SetOf([signer]),
    )


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
